/*
 * The port to the servers among which the keys are spread: one, or the primaries of a Redis Cluster. Everybody in this
 * room asks here for the shard of each call, and keeps none: a slot may move, or a replica take over, between two
 * calls, and the old server would refuse or lose what is written to it.
 */

import type { BackplaneStatus } from "../../ports.ts";
import type { Shard } from "./shard.ts";

/** Which server has what, at this moment. */
export interface Shards {
  /** The shard that holds a channel, at this moment. */
  of(channel: string): Shard;
  /** The shard that holds what belongs to no channel. */
  readonly home: Shard;
  all(): Iterable<Shard>;
  /** Resolves once Redis is there. */
  connect(): Promise<void>;
  stop(): void;
}

/** One Redis, or the one that Sentinels name. */
export function singleShard(shard: Shard): Shards {
  return {
    home: shard,
    of: () => shard,
    all: () => [shard],
    connect: () => shard.connect(),
    stop: () => shard.stop(),
  };
}

/** How all of them together look; they are as late as the latest. */
export function statusOf(shards: Shards): Omit<BackplaneStatus, "nodes"> {
  const sum = { connected: { commands: 0, subscriber: 0, reads: 0 }, pending: 0, lag: 0 };
  for (const { status } of shards.all()) {
    sum.connected.commands += status.connected.commands;
    sum.connected.subscriber += status.connected.subscriber;
    sum.connected.reads += status.connected.reads;
    sum.pending += status.pending;
    sum.lag = Math.max(sum.lag, status.lag);
  }
  return sum;
}
