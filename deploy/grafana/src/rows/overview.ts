import { of, quantile, rate, sum } from "../expressions.ts";
import { stat } from "../panels.ts";

const served = sum(rate("tidegate_requests_total", 'code!~"internal|unavailable|timeout"'));

/** Is it well? */
export const overview = [
  stat({
    title: "Connections",
    about: "Open connections of all chosen pods.",
    unit: "short",
    series: { connections: sum(of("tidegate_connections")) },
  }),
  stat({
    title: "Capacity",
    about:
      "Connections in relation to those that the pods are sized for (`TIDEGATE_CAPACITY`). The autoscaler aims at 70 %.",
    unit: "percentunit",
    limits: [0.75, 0.85],
    series: { used: `${sum(of("tidegate_connections"))} / ${sum(of("tidegate_capacity_connections"))}` },
  }),
  stat({
    title: "Delivery p99",
    about: "99 of 100 rooms' batches were written within this time of their first message's publication.",
    unit: "s",
    limits: [0.1, 0.5],
    series: { p99: quantile(0.99, "tidegate_delivery_seconds") },
  }),
  stat({
    title: "On time",
    about: "Share of the deliveries within 0.5 s of the publication. The objective is 99.9 %.",
    unit: "percentunit",
    limits: [0.999, 0.99],
    series: {
      "on time": `${sum(rate("tidegate_delivery_seconds_bucket", 'le="0.5"'))} / ${sum(rate("tidegate_delivery_seconds_count"))}`,
    },
  }),
  stat({
    title: "Error ratio",
    about:
      "Share of the clients' requests that failed by no fault of theirs: `internal`, `unavailable`, `timeout`.",
    unit: "percentunit",
    limits: [0.001, 0.01],
    series: { errors: `1 - ${served} / ${sum(rate("tidegate_requests_total"))}` },
  }),
  stat({
    title: "Redis",
    about: "Share of the pods that Redis answers.",
    unit: "percentunit",
    limits: [1, 0.5],
    series: { up: `avg(${of("tidegate_redis_up")})` },
  }),
  stat({
    title: "Pods",
    about: "Pods that Prometheus has scraped.",
    unit: "short",
    series: { pods: `count(${of("tidegate_build_info")})` },
  }),
  stat({
    title: "Versions",
    about: "Pods by version. More than one for longer than a rollout takes is a rollout that hangs.",
    unit: "short",
    series: { "{{version}}": `count by (version) (${of("tidegate_build_info")})` },
  }),
];
