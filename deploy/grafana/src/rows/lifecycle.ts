import { of, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

const here = 'namespace=~"$namespace"';
const read = (scaler: string) => `sum(tidegate:autoscaler_metrics:value{${here},scaler="${scaler}"})`;
const autoscaler = 'namespace=~"$namespace",horizontalpodautoscaler=~"(keda-hpa-)?tidegate.*"';
const scraped = 'up{namespace=~"$namespace",job=~"(.+/)?tidegate"}';
const left = `${sum(of("tidegate_connections"), "pod")} / clamp_min(${sum(of("tidegate_drain_connections"), "pod")}, 1)`;

/** Rollouts, drains and scaling; the last five panels are from kube-state-metrics and KEDA. */
export const lifecycle = [
  graph({
    title: "Draining",
    about:
      "Pods that send their clients away since they are to stop. In a rollout it is two at once at most.",
    unit: "short",
    series: { "{{pod}}": `max by (pod) (${of("tidegate_draining")})` },
  }),
  graph({
    title: "Drain progress",
    about:
      "Share of the connections at the drain's begin that have left. It should rise evenly over the drain window.",
    unit: "percentunit",
    max: 1,
    series: { "{{pod}}": `max by (pod) (${of("tidegate_draining")}) * (1 - ${left})` },
  }),
  graph({
    title: "Forced closes",
    about: "Connections that a drain had to cut at its end. There should be none.",
    unit: "short",
    series: { "{{pod}}": `max by (pod) (${of("tidegate_drain_forced_total")})` },
  }),
  graph({
    title: "Rebalance",
    about:
      "Connections a second that a pod with many more than the others sends to them (`TIDEGATE_REBALANCE`). It ends by itself; a line that does not is a balancer that brings them back.",
    unit: "ops",
    series: { "{{pod}}": sum(rate("tidegate_rebalanced_total"), "pod") },
  }),
  graph({
    title: "Uptime",
    about: "Time since each process began.",
    unit: "s",
    series: { "{{pod}}": `time() - max by (pod) (${of("process_start_time_seconds")})` },
  }),
  graph({
    title: "Reconnects in rollouts",
    about:
      "Closes that drains and disconnects by backends made, a second: what other pods have to take over.",
    unit: "ops",
    series: {
      "{{reason}}": sum(
        rate("tidegate_connections_closed_total", 'reason=~"draining|disconnected|shutdown"'),
        "reason",
      ),
    },
  }),
  graph({
    title: "Scraped pods",
    about: "Pods that answer Prometheus, and pods that do not: these are missing from all other panels.",
    unit: "short",
    series: { scraped: `sum(${scraped})`, "not scraped": `count(${scraped}) - sum(${scraped})` },
  }),
  graph({
    title: "Replicas",
    about: "What the autoscaler wants, what there is, and the most it may ask for.",
    unit: "short",
    series: {
      desired: `max(kube_horizontalpodautoscaler_status_desired_replicas{${autoscaler}})`,
      current: `max(kube_horizontalpodautoscaler_status_current_replicas{${autoscaler}})`,
      most: `max(kube_horizontalpodautoscaler_spec_max_replicas{${autoscaler}})`,
    },
  }),
  graph({
    title: "Autoscaler's connections",
    about:
      "What KEDA takes for the connections in a minute and a half, and what they will be if it goes on so; pods that are not scraped count as the others. Lines that part are an autoscaler that is blind: it shows its fallback.",
    unit: "short",
    series: { autoscaler: read("connections"), fleet: `sum(tidegate:connections:predicted{${here}})` },
  }),
  graph({
    title: "Autoscaler's busy loops",
    about:
      "The same of the event loops: how many would be busy all the time. Lines that part for more than some minutes are an autoscaler that is blind.",
    unit: "short",
    series: { autoscaler: read("busy"), fleet: `sum(tidegate:busy_loops:estimate{${here}})` },
  }),
  graph({
    title: "Autoscaler's memory",
    about: "The same of memory: how many pods' limits would be used up.",
    unit: "short",
    series: { autoscaler: read("memory"), fleet: `sum(tidegate:memory:estimate{${here}})` },
  }),
  graph({
    title: "Ready pods",
    about: "Pods that are wanted, and that are ready.",
    unit: "short",
    series: {
      wanted: 'sum(kube_deployment_spec_replicas{namespace=~"$namespace",deployment=~"tidegate.*"})',
      ready: 'sum(kube_deployment_status_replicas_ready{namespace=~"$namespace",deployment=~"tidegate.*"})',
    },
  }),
  graph({
    title: "Restarts",
    about: "Containers that ended by themselves, or were killed at their memory limit.",
    unit: "short",
    series: {
      "{{pod}}":
        'sum by (pod) (increase(kube_pod_container_status_restarts_total{namespace=~"$namespace",container="tidegate"}[$__rate_interval]))',
    },
  }),
];
