/*
 * The metrics of what passes between a node and Redis. The backplane calls them by its BackplaneMeter and imports
 * nothing of this room.
 */

import type { BackplaneMeter, GapResult, RedisRole } from "../meter.ts";
import type { Series } from "./series.ts";

const callBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const roles: RedisRole[] = ["commands", "subscriber", "reads"];
const gapResults: GapResult[] = ["found", "repaired", "lost"];

/** Counts what happens between the node and Redis; without Redis all of it stays at 0. */
export function redisMeter(series: Series): BackplaneMeter {
  const calls = series.histogram(
    "redis_call_seconds",
    "From a call of Redis to its answer, by connection; a script is one call.",
    callBuckets,
    "connection",
  );
  for (const connection of roles) calls.zero({ connection });
  const failures = series.knownCounter(
    "redis_call_failures_total",
    "Calls that Redis answered with an error, or not in time, by connection.",
    "connection",
    roles,
  );
  const connects = series.knownCounter(
    "redis_connects_total",
    "Connections to Redis that were made; more than at the start are reconnects.",
    "connection",
    roles,
  );
  const gaps = series.knownCounter(
    "gaps_total",
    "Holes in what Redis brought of a channel: found, repaired from the history, or lost, of which clients are told.",
    "result",
    gapResults,
  );
  const leases = series.counter(
    "leases_lost_total",
    "Leases that ended although the node ran: it was frozen, or out of reach of Redis.",
  );
  const unreached = series.counter(
    "unreached_nodes_total",
    "Nodes that did not answer a command in time, or are of a version without it, once for each command.",
  );
  const malformed = series.counter(
    "malformed_messages_total",
    "What came from Redis in no form that nodes or emitters write, and was dropped.",
  );
  return {
    redisConnected: (connection) => connects.inc({ connection }),
    redisAnswered: (connection, seconds) => calls.observe({ connection }, seconds),
    redisFailed: (connection) => failures.inc({ connection }),
    gap: (result) => gaps.inc({ result }),
    leaseLost: () => leases.inc(),
    unreached: (nodes) => unreached.inc(nodes),
    malformed: () => malformed.inc(),
  };
}
