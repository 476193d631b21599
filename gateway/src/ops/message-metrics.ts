/*
 * The metrics of messages, in and out. They are counted for each room or batch and not for each copy: a busy node
 * sends hundreds of thousands of copies a second.
 */

import type { Meter, PublishSource, RecoveryResult } from "../meter.ts";
import type { Series } from "./series.ts";

const publishBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const deliveryBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const sources: PublishSource[] = ["client", "api"];
const results: RecoveryResult[] = ["recovered", "too_old", "reset"];

type PublishMeter = Pick<Meter, "published">;
type DeliveryMeter = Pick<Meter, "delivered" | "recovered" | "conflated">;

/** Counts messages on their way in and out. */
export function messageMeter(series: Series): PublishMeter & DeliveryMeter {
  return { ...publishMeter(series), ...deliveryMeter(series) };
}

function publishMeter(series: Series): PublishMeter {
  const published = series.knownCounter(
    "messages_in_total",
    "Publications that were accepted, by source.",
    "source",
    sources,
  );
  const failed = series.counter(
    "publish_failures_total",
    "Publications that failed, by source and error code.",
    "source",
    "code",
  );
  const publishing = series.histogram(
    "publish_seconds",
    "From a publication's arrival to its acknowledgement, by source.",
    publishBuckets,
    "source",
  );
  return {
    published(source, seconds, code) {
      publishing.observe({ source }, seconds);
      if (code === "ok") published.inc({ source });
      else failed.inc({ source, code });
    },
  };
}

function deliveryMeter(series: Series): DeliveryMeter {
  const messages = series.counter(
    "messages_out_total",
    "Messages that were sent to a room, once for each room.",
  );
  const delivered = series.counter(
    "deliveries_total",
    "Messages that were written to connections, once for each.",
  );
  const age = series.histogram(
    "delivery_seconds",
    "From a publication's `time` to its write to the connections here, by the nodes' clocks: of each room's " +
      "messages of one turn the first. Conflated channels, whose values wait on purpose, are not in it.",
    deliveryBuckets,
  );
  const recoveries = series.knownCounter(
    "recoveries_total",
    "Subscribes with `since`, by result.",
    "result",
    results,
  );
  const recovered = series.counter(
    "recovered_messages_total",
    "Messages that were replayed to returning clients.",
  );
  const conflated = series.counter(
    "conflated_messages_total",
    "Messages that a newer value took the place of.",
  );
  return {
    delivered(sent, copies, seconds) {
      messages.inc(sent);
      delivered.inc(copies);
      if (seconds !== undefined) age.observe(seconds);
    },
    recovered(result, count) {
      recoveries.inc({ result });
      recovered.inc(count);
    },
    conflated: (count) => conflated.inc(count),
  };
}
