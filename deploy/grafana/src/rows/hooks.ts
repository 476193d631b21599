import { of, quantile, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

const asked = "tidegate_hook_calls_total";

/** Whether backends answer what they are asked, and take what they are told. What waits is the fleet's, on every node the same. */
export const hooks = [
  graph({
    title: "Questions to hooks",
    about: "Questions to backends a second, by hook and kind.",
    unit: "ops",
    series: { "{{hook}} {{kind}}": sum(rate(asked), "hook", "kind") },
  }),
  graph({
    title: "Questions without an answer",
    about:
      "Share of the questions that brought no answer, by hook and why: `open` and `busy` were not asked, the others were in vain. A refusal is an answer.",
    unit: "percentunit",
    max: 1,
    limits: [0.05, 0.5],
    series: {
      "{{hook}} {{outcome}}": `${sum(rate(asked, 'outcome!~"answered|refused"'), "hook", "outcome")} / on (hook) group_left ${sum(rate(asked), "hook")}`,
    },
  }),
  graph({
    title: "Seconds of a question",
    about:
      "From a question's arising to its answer, the wait for a place included: the 99th percentile, by hook and kind.",
    unit: "s",
    series: { "{{hook}} {{kind}}": quantile(0.99, "tidegate_hook_seconds", "hook", "kind") },
  }),
  graph({
    title: "Breakers that are open",
    about: "Nodes that ask a hook no more, since it did not answer, by hook and kind.",
    unit: "short",
    series: { "{{hook}} {{kind}}": sum(of("tidegate_hook_breaker_open"), "hook", "kind") },
  }),
  graph({
    title: "Events taken",
    about: "Events that backends have taken.",
    unit: "ops",
    series: { "{{hook}}": sum(rate("tidegate_hook_events_total"), "hook") },
  }),
  graph({
    title: "Calls that tell",
    about: "`refused` speaks of single events, `failed` of the hook.",
    unit: "ops",
    series: { "{{hook}} {{outcome}}": sum(rate("tidegate_hook_tellings_total"), "hook", "outcome") },
  }),
  graph({
    title: "Seconds of a telling (p99)",
    about: "How long calls took that tell a hook.",
    unit: "s",
    series: { "{{hook}}": quantile(0.99, "tidegate_hook_telling_seconds", "hook") },
  }),
  graph({
    title: "Waiting for hooks",
    about: "Bytes that are still to be told.",
    unit: "bytes",
    series: { "{{hook}}": `max by (hook) (${of("tidegate_hook_waiting_bytes")})` },
  }),
  graph({
    title: "Age of the oldest event",
    about: "How far behind a backend is.",
    unit: "s",
    limits: [60, 300],
    series: { "{{hook}}": `max by (hook) (${of("tidegate_hook_waiting_seconds")})` },
  }),
  graph({
    title: "Dropped and set aside",
    about: "Events that a backend was not told, by reason, and those that it refused.",
    unit: "ops",
    series: {
      "{{hook}} {{reason}}": sum(rate("tidegate_hook_events_dropped_total"), "hook", "reason"),
      "{{hook}} refused": sum(rate("tidegate_hook_events_set_aside_total"), "hook"),
    },
  }),
];
