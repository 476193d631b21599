import { of, quantile, rate, sum } from "../expressions.ts";
import { graph, heatmap } from "../panels.ts";

const deliveries = sum(rate("tidegate_deliveries_total"));

/** What goes in and comes out, and how fast. */
export const messaging = [
  graph({
    title: "Messages in",
    about: "Publications that were accepted a second, by who published.",
    unit: "ops",
    series: { "{{source}}": sum(rate("tidegate_messages_in_total"), "source") },
  }),
  graph({
    title: "Deliveries",
    about: "Messages that were written to connections a second: what most of the work is.",
    unit: "ops",
    series: { "{{pod}}": sum(rate("tidegate_deliveries_total"), "pod") },
  }),
  graph({
    title: "Fan-out",
    about: "Deliveries for each message to a room: how many connections a message reaches on a pod.",
    unit: "short",
    series: { "deliveries / message": `${deliveries} / ${sum(rate("tidegate_messages_out_total"))}` },
  }),
  graph({
    title: "Bytes",
    about: "What clients sent, and what was written to them, a second.",
    unit: "Bps",
    series: { in: sum(rate("tidegate_received_bytes_total")), out: sum(rate("tidegate_sent_bytes_total")) },
  }),
  heatmap({
    title: "Delivery latency",
    about:
      "From a publication's `time` to its write to the connections of a room, by the nodes' clocks: the first message of each batch. Conflated channels are not in it.",
    unit: "s",
    series: { "{{le}}": sum(`increase(${of("tidegate_delivery_seconds_bucket")}[$__rate_interval])`, "le") },
  }),
  graph({
    title: "Delivery quantiles",
    about:
      "The same as quantiles; a pod that is above the others has more to do than its core can, or a clock that is off.",
    unit: "s",
    limits: [0.1, 0.5],
    series: {
      p50: quantile(0.5, "tidegate_delivery_seconds"),
      "p99 {{pod}}": quantile(0.99, "tidegate_delivery_seconds", "pod"),
    },
  }),
  graph({
    title: "Publish duration",
    about: "From a publication's arrival to its acknowledgement: Redis has stored it by then.",
    unit: "s",
    series: { "p99 {{source}}": quantile(0.99, "tidegate_publish_seconds", "source") },
  }),
  graph({
    title: "Publish failures",
    about: "Publications that failed, by who published and why. Nothing of them was stored.",
    unit: "ops",
    series: { "{{source}} {{code}}": sum(rate("tidegate_publish_failures_total"), "source", "code") },
  }),
  graph({
    title: "Requests",
    about: "Clients' requests by outcome. Many `rate_limited` are a client in a loop.",
    unit: "ops",
    series: { "{{code}}": sum(rate("tidegate_requests_total"), "code") },
  }),
  graph({
    title: "Drops",
    about:
      "Connections that were dropped with more unread than `TIDEGATE_SEND_QUEUE_LIMIT` (they recover by position), and values that a newer one took the place of, as `conflate` asks for.",
    unit: "ops",
    series: {
      "slow consumers": sum(rate("tidegate_slow_consumers_total")),
      "conflated values": sum(rate("tidegate_conflated_messages_total")),
    },
  }),
  graph({
    title: "Dropped bytes",
    about: "Bytes that slow consumers were not sent any more.",
    unit: "Bps",
    series: { "{{pod}}": sum(rate("tidegate_dropped_bytes_total"), "pod") },
  }),
  graph({
    title: "Back-pressure",
    about: "Bytes that are written but not yet taken by their readers. They are memory of the pod.",
    unit: "bytes",
    series: { "{{pod}}": sum(of("tidegate_queued_bytes"), "pod") },
  }),
  graph({
    title: "Readers that are behind",
    about: "Connections that have not taken all they were sent, in relation to all.",
    unit: "percentunit",
    max: 1,
    series: {
      "{{pod}}": `${sum(of("tidegate_backlogged_connections"), "pod")} / (${sum(of("tidegate_connections"), "pod")} > 0)`,
    },
  }),
];
