/*
 * Token buckets by name: of users, whose requests come over any number of connections. One that is full again is as
 * good as none and is forgotten, so that nothing is kept of who has gone, and a user who comes back has not got a new one.
 */

import { TokenBucket } from "./token-bucket.ts";

/** The bucket of each name that has taken something lately. */
export class Buckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: (() => number) | undefined;
  readonly #buckets = new Map<string, TokenBucket>();
  /** Where the look for full ones goes on; from the start it would pass all that are forgotten already. */
  #walk = this.#buckets.entries();

  /** The first two as a TokenBucket's. @param now monotonic milliseconds */
  constructor(perSecond: number, burst: number, now?: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(name: string): TokenBucket {
    const found = this.#buckets.get(name);
    if (found) return found;
    this.#forgetFull();
    const bucket = new TokenBucket(this.#perSecond, this.#burst, this.#now);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /** Two are looked at for each that is made, so that they grow with those in use alone, and no call takes long. */
  #forgetFull(): void {
    for (let looked = 0; looked < 2; looked += 1) {
      const next = this.#walk.next();
      if (next.done) {
        this.#walk = this.#buckets.entries();
        return;
      }
      const [name, bucket] = next.value;
      if (bucket.full) this.#buckets.delete(name);
    }
  }
}
