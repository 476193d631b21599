import { of, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

/** How the processes do. */
export const node = [
  graph({
    title: "Event loop delay",
    about:
      "How late timers ran in the last minute, at the 99th percentile. Everything that the pod does waits as long.",
    unit: "s",
    limits: [0.1, 0.2],
    series: { "{{pod}}": `max by (pod) (${of("tidegate_event_loop_delay_seconds", 'quantile="0.99"')})` },
  }),
  graph({
    title: "Event loop utilisation",
    about:
      "Share of the time in which the loop had something to do. It is one thread: at 1 the pod is full, whatever the CPU says.",
    unit: "percentunit",
    max: 1,
    limits: [0.7, 0.9],
    series: { "{{pod}}": sum(rate("tidegate_event_loop_active_seconds_total"), "pod") },
  }),
  graph({
    title: "CPU",
    about: "Cores that the process uses; garbage collection has threads of its own, so it may be above 1.",
    unit: "short",
    series: { "{{pod}}": sum(rate("process_cpu_seconds_total"), "pod") },
  }),
  graph({
    title: "Garbage collection",
    about:
      "Share of the time that goes into garbage collection, by its kind. Much `major` is a heap that is nearly full.",
    unit: "percentunit",
    series: { "{{kind}}": sum(rate("nodejs_gc_duration_seconds_sum"), "kind") },
  }),
  graph({
    title: "Memory",
    about: "Memory of the process, and the limit at which it is killed.",
    unit: "bytes",
    series: {
      "{{pod}}": sum(of("process_resident_memory_bytes"), "pod"),
      limit: `min(${of("tidegate_memory_limit_bytes")})`,
    },
  }),
  graph({
    title: "Heap",
    about: "What V8's heap holds, and what it may grow to.",
    unit: "bytes",
    series: {
      "{{pod}}": sum(of("nodejs_heap_size_used_bytes"), "pod"),
      limit: `min(${of("tidegate_heap_limit_bytes")})`,
    },
  }),
  graph({
    title: "Memory for each connection",
    about:
      "Memory of the process by connection. It falls as a pod fills; a rise while connections stay is a leak.",
    unit: "bytes",
    series: {
      "{{pod}}": `${sum(of("process_resident_memory_bytes"), "pod")} / (${sum(of("tidegate_connections"), "pod")} > 0)`,
    },
  }),
  graph({
    title: "File descriptors",
    about: "Open descriptors in relation to their limit. Each connection has one.",
    unit: "percentunit",
    max: 1,
    limits: [0.7, 0.9],
    series: { "{{pod}}": `${sum(of("process_open_fds"), "pod")} / ${sum(of("process_max_fds"), "pod")}` },
  }),
];
