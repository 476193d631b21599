/*
 * Which users' tokens are refused, until the last of them has ended by itself. Kept for longer they would only take
 * memory; for less, a revoked token would be good again.
 */

import { ExpiryQueue } from "../expiry.ts";
import type { Revocations } from "../ports.ts";

/** Revocations in memory, each for as long as a token from before it could still be accepted. */
export class MemoryRevocations implements Revocations {
  readonly #now: () => number;
  readonly #lifetime: number;
  /** User to Unix seconds. */
  readonly #before = new Map<string, number>();
  readonly #expiries = new ExpiryQueue<string>();

  /**
   * @param now Unix milliseconds.
   * @param lifetime milliseconds from a token's `iat` in which it may be accepted.
   */
  constructor({ now, lifetime }: { now: () => number; lifetime: number }) {
    this.#now = now;
    this.#lifetime = lifetime;
  }

  /** Users of whom a revocation is remembered. */
  get size(): number {
    return this.#before.size;
  }

  async revoke(user: string, before: number): Promise<void> {
    const newest = Math.max(before, this.#before.get(user) ?? before);
    this.#before.set(user, newest);
    this.#expiries.schedule(user, this.#endOf(newest));
  }

  async revokedBefore(user: string): Promise<number | undefined> {
    const before = this.#before.get(user);
    return before === undefined || this.#now() > this.#endOf(before) ? undefined : before;
  }

  /** Gives back the memory of revocations that no token can meet any more. */
  sweep(): void {
    const now = this.#now();
    for (const user of this.#expiries.take(now)) {
      const before = this.#before.get(user);
      if (before === undefined) continue;
      if (now > this.#endOf(before)) this.#before.delete(user);
      else this.#expiries.schedule(user, this.#endOf(before));
    }
  }

  /** Unix milliseconds until which a token with `iat` up to `before` may be accepted. */
  #endOf(before: number): number {
    return before * 1_000 + this.#lifetime;
  }
}
