import { of, quantile, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

const connections = of("tidegate_connections");

/** Who is there, who comes, who goes and why. */
export const connectionsRow = [
  graph({
    title: "Connections by pod",
    about:
      "Open connections. Lines that part after a rollout are a balancer that does not count connections.",
    unit: "short",
    series: { "{{pod}}": sum(connections, "pod") },
  }),
  graph({
    title: "Connections by dialect",
    about: "What clients speak: Socket.IO, JSON arrays (`/json`) or text (`/ws`).",
    unit: "short",
    series: { "{{dialect}}": sum(of("tidegate_dialect_connections"), "dialect") },
  }),
  graph({
    title: "Capacity by pod",
    about: "Connections in relation to `TIDEGATE_CAPACITY`. It is no limit: a pod above 1 goes on accepting.",
    unit: "percentunit",
    limits: [0.7, 0.85],
    series: { "{{pod}}": `${sum(connections, "pod")} / ${sum(of("tidegate_capacity_connections"), "pod")}` },
  }),
  graph({
    title: "Imbalance",
    about: "The fullest pod in relation to the average one. 1 is even; an alert stands at 1.5.",
    unit: "short",
    limits: [1.2, 1.5],
    series: { "max / average": `max(${connections}) / avg(${connections})` },
  }),
  graph({
    title: "Accepts and closes",
    about:
      "Connections that begin and end a second. Both high for long is clients that come back again and again.",
    unit: "ops",
    series: {
      accepted: sum(rate("tidegate_connections_opened_total")),
      closed: sum(rate("tidegate_connections_closed_total")),
    },
  }),
  graph({
    title: "Closes by reason",
    about:
      "Why connections end. `transport_close` is what phones do; `ping_timeout` is networks that drop silently.",
    unit: "ops",
    series: { "{{reason}}": sum(rate("tidegate_connections_closed_total"), "reason") },
  }),
  graph({
    title: "Refusals by reason",
    about:
      "Handshakes that were refused, by error code. `rate_limited` and `draining` are meant to be; `unauthorized` in number is a key that was replaced on one side only.",
    unit: "ops",
    series: { "{{code}}": sum(rate("tidegate_refusals_total"), "code") },
  }),
  graph({
    title: "Turned away",
    about:
      "Handshakes that a pod could not serve at that moment, by what stood in the way. They come back, to another pod where there is one.",
    unit: "ops",
    series: { "{{reason}}": sum(rate("tidegate_handshakes_turned_away_total"), "reason") },
  }),
  graph({
    title: "Handshake duration",
    about:
      "From CONNECT to its acceptance, with the token's verification. It rises with the event loop's delay.",
    unit: "s",
    series: {
      p50: quantile(0.5, "tidegate_handshake_seconds"),
      p99: quantile(0.99, "tidegate_handshake_seconds"),
    },
  }),
  graph({
    title: "Subscriptions",
    about: "Subscriptions of all connections. Each takes memory, and its share of each fan-out.",
    unit: "short",
    series: { "{{pod}}": sum(of("tidegate_subscriptions"), "pod") },
  }),
  graph({
    title: "Channels",
    about:
      "Channels that somebody on the pod is subscribed to; for each the pod has a subscription in Redis.",
    unit: "short",
    series: { "{{pod}}": sum(of("tidegate_channels"), "pod") },
  }),
];
