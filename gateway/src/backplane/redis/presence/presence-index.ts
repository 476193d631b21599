/*
 * Owns the list, in Redis, of the channels in which this node's lease has entries. Presence keeps it; the sweeper reads
 * that of a node that has died. An entry in a channel that is missing there would stay until somebody asks who is in
 * that channel.
 */

import type { RedisConnection } from "../connection/redis-connection.ts";

/** It is written before the first entry in a channel, and removed after the last. */
export class PresenceIndex {
  readonly #home: () => Pick<RedisConnection, "call">;
  readonly #indexKey: (channel: string) => string;
  /** By channel, the call that wrote it; a second entry in the channel waits for the same one. */
  #written = new Map<string, Promise<unknown>>();

  /**
   * @param home the connection to the home shard, at this moment
   * @param indexKey the channel's key under the lease that this node holds, at this moment
   */
  constructor(home: () => Pick<RedisConnection, "call">, indexKey: (channel: string) => string) {
    this.#home = home;
    this.#indexKey = indexKey;
  }

  /** @throws Failure `unavailable` */
  async add(channel: string): Promise<void> {
    let written = this.#written.get(channel);
    if (!written) {
      const key = this.#indexKey(channel);
      written = this.#home().call((client) => client.sadd(key, channel), "burst");
      this.#written.set(channel, written);
    }
    try {
      await written;
    } catch (error) {
      this.#written.delete(channel);
      throw error;
    }
  }

  /** Where it fails, a sweep looks into a channel without entries, which is harmless. */
  remove(channel: string): void {
    if (!this.#written.delete(channel)) return;
    const key = this.#indexKey(channel);
    this.#home()
      .call((client) => client.srem(key, channel), "burst")
      .catch(() => {});
  }

  /** Resolves once a write that is on its way for the channel has ended, however it did. */
  async settled(channel: string): Promise<void> {
    await this.#written.get(channel)?.catch(() => {});
  }

  /** Forgets what it has written: under a new lease the index is another key, which is empty. */
  reset(): void {
    this.#written = new Map();
  }
}
