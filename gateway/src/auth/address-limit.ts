/*
 * Bounds how many login codes one address may have exchanged. `wechat.ts` asks it before it asks WeChat, whose own
 * quota one attacker could use up for everybody.
 */

import { isIPv6 } from "node:net";

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

/** One subscriber of IPv6 has a /64 network at least, and any address in it. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length;
  return [...groups, ...Array<string>(zeros).fill("0"), ...last].slice(0, 4).join(":");
}
