import type { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import type { Leases } from "../nodes/leases.ts";

export interface PresenceIndexOptions {
  shards: { readonly home: { redis: Pick<RedisConnection, "call"> } };
  keys: Keys;
  leases: Pick<Leases, "current">;
}

/** In Redis, the channels in which this node's lease has entries: where to sweep, should the node die. */
export class PresenceIndex {
  readonly #shards: PresenceIndexOptions["shards"];
  readonly #keys: Keys;
  readonly #leases: PresenceIndexOptions["leases"];
  /** Channels to when Redis knew of them. */
  #written = new Map<string, Promise<unknown>>();

  constructor({ shards, keys, leases }: PresenceIndexOptions) {
    this.#shards = shards;
    this.#keys = keys;
    this.#leases = leases;
  }

  /** @throws Failure `unavailable` */
  async add(channel: string): Promise<void> {
    let written = this.#written.get(channel);
    if (!written) {
      const name = this.#keys.presentIn(this.#leases.current);
      written = this.#shards.home.redis.call((client) => client.sadd(name, channel), "burst");
      this.#written.set(channel, written);
    }
    try {
      await written;
    } catch (error) {
      this.#written.delete(channel);
      throw error;
    }
  }

  /** What Redis does not get to know costs a look at the channel in a sweep. */
  remove(channel: string): void {
    if (!this.#written.delete(channel)) return;
    const name = this.#keys.presentIn(this.#leases.current);
    this.#shards.home.redis.call((client) => client.srem(name, channel), "burst").catch(() => {});
  }

  /** Waits for what is on its way for a channel. */
  async settled(channel: string): Promise<void> {
    await this.#written.get(channel)?.catch(() => {});
  }

  /** Forgets what it has written, for a new lease. */
  reset(): void {
    this.#written = new Map();
  }
}
