/*
 * Owns the list of tags that may hold events; whoever is about to add one notes its tag here, and tellers look here. On one
 * Redis these are few and always the same. On a Redis Cluster they stand in an index on the home shard, written before the
 * first event: what is under a tag that is missing there would be told by nobody.
 */

import type { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { scripts } from "../scripts.ts";
import { allTags } from "./tags.ts";

/** Milliseconds after which a tag is noted again while this node adds to it. */
const freshness = 60_000;

/** Each tag is noted again every minute while this node adds to it. */
export class TagIndex {
  readonly #home: () => Pick<RedisConnection, "call" | "run">;
  readonly #keys: Keys;
  /** By tag, when it was noted, on the monotonic clock, and the call that does it. */
  readonly #noted = new Map<string, { at: number; written: Promise<unknown> }>();

  #known = 0;

  constructor(home: () => Pick<RedisConnection, "call" | "run">, keys: Keys) {
    this.#home = home;
    this.#keys = keys;
  }

  /** Resolves once it stands there. @throws Failure `unavailable` */
  async note(tag: string): Promise<void> {
    if (!this.#keys.sharded) return;
    const known = this.#noted.get(tag);
    if (known && performance.now() - known.at < freshness) {
      await known.written;
      return;
    }
    const written = this.#home().call(
      (client) => client.zadd(this.#keys.tags(), String(Date.now()), tag),
      "burst",
    );
    this.#noted.set(tag, { at: performance.now(), written });
    try {
      await written;
    } catch (error) {
      this.#noted.delete(tag);
      throw error;
    }
  }

  /** How many there are, as far as is known. */
  get count(): number {
    return Math.max(this.#known, allTags().length);
  }

  /** @throws Failure `unavailable` */
  async all(): Promise<string[]> {
    if (!this.#keys.sharded) return allTags();
    const tags = await this.#home().call((client) => client.zrange(this.#keys.tags(), "0", "-1"));
    this.#known = tags.length;
    return tags;
  }

  /** Strikes tags off to which nothing was added for so long. @param age milliseconds. @throws Failure `unavailable` */
  async forget(tags: readonly string[], age: number): Promise<void> {
    if (!this.#keys.sharded) return;
    const before = Date.now() - age - 2 * freshness;
    await Promise.all(
      tags.map((tag) => this.#home().run(scripts.untag, [this.#keys.tags()], [tag, String(before)])),
    );
  }
}
