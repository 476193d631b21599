/*
 * The metrics of clients. `metrics.ts` makes one Meter of these and the others; the rooms know only that. Each label's
 * values are fixed here: a value that clients choose would let them fill the memory of Prometheus.
 */

import { type ErrorCode, failureKinds } from "../errors.ts";
import type { CloseReason, Meter, RefusalReason } from "../meter.ts";
import type { Series } from "./series.ts";

const handshakeBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const codes = Object.keys(failureKinds) as ErrorCode[];
const reasons: CloseReason[] = [
  "client_disconnect",
  "transport_close",
  "transport_error",
  "ping_timeout",
  "parse_error",
  "shutdown",
  "slow_consumer",
  "draining",
];

const refusalReasons: RefusalReason[] = ["draining", "unavailable", "rate", "lag", "memory", "descriptors"];

type ConnectionMeter = Pick<
  Meter,
  | "connectionOpened"
  | "connectionClosed"
  | "refused"
  | "turnedAway"
  | "requestHandled"
  | "received"
  | "sent"
  | "dropped"
  | "slowConsumer"
  | "drainForced"
  | "rebalanced"
>;

/** Counts clients, and what goes over their connections. */
export function connectionMeter(series: Series): ConnectionMeter {
  const opened = series.counter("connections_opened_total", "Connections that were accepted.");
  const closed = series.knownCounter(
    "connections_closed_total",
    "Connections that ended, by reason.",
    "reason",
    reasons,
  );
  const handshake = series.histogram(
    "handshake_seconds",
    "From CONNECT to its acceptance, token verification included.",
    handshakeBuckets,
  );
  const refused = series.knownCounter(
    "refusals_total",
    "Handshakes that were refused, by error code: at the HTTP request, for want of a CONNECT, or by it.",
    "code",
    codes,
  );
  const turnedAway = series.knownCounter(
    "handshakes_turned_away_total",
    "Handshakes that the node could not serve at that moment, among those refused: `draining`, `unavailable` (Redis), `rate`, `lag` of the event loop, `memory`, `descriptors`.",
    "reason",
    refusalReasons,
  );
  const forced = series.counter(
    "drain_forced_total",
    "Connections that were cut because they were left when the drain's time was over.",
  );
  const rebalanced = series.counter(
    "rebalanced_total",
    "Connections that were sent to nodes that have fewer (`TIDEGATE_REBALANCE`).",
  );
  const requests = series.counter(
    "requests_total",
    "Requests of clients, by event (those of the protocol; else `other`) and outcome.",
    "event",
    "code",
  );
  return {
    connectionOpened(seconds) {
      opened.inc();
      handshake.observe(seconds);
    },
    connectionClosed: (reason) => closed.inc({ reason }),
    refused: (code) => refused.inc({ code }),
    turnedAway: (reason) => turnedAway.inc({ reason }),
    drainForced: (count) => forced.inc(count),
    rebalanced: () => rebalanced.inc(),
    requestHandled: (event, code) => requests.inc({ event, code }),
    ...byteMeter(series),
  };
}

function byteMeter(series: Series): Pick<Meter, "received" | "sent" | "dropped" | "slowConsumer"> {
  const received = series.counter("received_bytes_total", "Bytes of messages received from clients.");
  const sent = series.counter("sent_bytes_total", "Bytes of WebSocket frames written to clients.");
  const dropped = series.counter(
    "dropped_bytes_total",
    "Bytes that slow consumers were not sent any more; they recover the messages by position.",
  );
  const slow = series.counter(
    "slow_consumers_total",
    "Connections closed because they did not read fast enough.",
  );
  return {
    received: (bytes) => received.inc(bytes),
    sent: (bytes) => sent.inc(bytes),
    dropped: (bytes) => dropped.inc(bytes),
    slowConsumer: () => slow.inc(),
  };
}
