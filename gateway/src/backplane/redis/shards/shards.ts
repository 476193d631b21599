import type { BackplaneStatus } from "../../ports.ts";
import type { Shard } from "./shard.ts";

/** The places of what is in Redis: one, or the primaries of a Redis Cluster. */
export interface Shards {
  /** The shard that holds a channel. */
  of(channel: string): Shard;
  /** The shard that holds what belongs to no channel. */
  readonly home: Shard;
  all(): Iterable<Shard>;
  /** Resolves once Redis is there. */
  connect(): Promise<void>;
  stop(): void;
}

/** One Redis, or the one that Sentinels name. */
export class OneShard implements Shards {
  readonly home: Shard;

  constructor(shard: Shard) {
    this.home = shard;
  }

  of(): Shard {
    return this.home;
  }

  all(): Iterable<Shard> {
    return [this.home];
  }

  connect(): Promise<void> {
    return this.home.connect();
  }

  stop(): void {
    this.home.stop();
  }
}

/** How all of them together look; they are as late as the latest. */
export function statusOf(shards: Shards): Omit<BackplaneStatus, "nodes"> {
  const sum = { connected: { commands: 0, subscriber: 0 }, pending: 0, lag: 0 };
  for (const { status } of shards.all()) {
    sum.connected.commands += status.connected.commands;
    sum.connected.subscriber += status.connected.subscriber;
    sum.pending += status.pending;
    sum.lag = Math.max(sum.lag, status.lag);
  }
  return sum;
}
