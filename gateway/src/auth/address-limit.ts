/*
 * Bounds how many login codes one address may have exchanged. `wechat.ts` asks it before it asks WeChat, whose own
 * quota one attacker could use up for everybody.
 */

import { networkOf } from "./network.ts";

const minute = 60_000;
/** Above this the addresses that were seen first are forgotten, so that nobody can fill the memory with theirs. */
const mostAddresses = 10_000;

/** Lets so many events a minute pass for one address. */
export class AddressLimit {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #since = -Infinity;

  /** @param perMinute 0 sets no limit. @param now milliseconds */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  take(address: string): boolean {
    if (this.#perMinute === 0) return true;
    this.#startMinute();
    const network = networkOf(address);
    const count = this.#counts.get(network) ?? 0;
    if (count >= this.#perMinute) return false;
    this.#counts.set(network, count + 1);
    if (this.#counts.size > mostAddresses) this.#counts.delete(this.#counts.keys().next().value ?? "");
    return true;
  }

  #startMinute(): void {
    const now = this.#now();
    // A clock that was set back would hold the count for as long.
    if (now >= this.#since && now < this.#since + minute) return;
    this.#since = now;
    this.#counts.clear();
  }
}
