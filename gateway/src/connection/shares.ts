/*
 * Shares out what a node can do in a second among addresses. Admission asks it for each handshake, Accounts for each
 * request. Carriers and offices put thousands behind one address, so no address has a limit of its own: it may take
 * whatever leaves room for others. Without it one that asks for more than there is would take all of it.
 */

/** How much of one address has not drained yet. */
interface Level {
  units: number;
  /** Seconds on the monotonic clock. */
  at: number;
}

/**
 * An address may have so many times what is free. One alone then leaves a fifth free, two leave a ninth, thirty not yet a
 * hundredth: whoever takes less than that finds it.
 */
const leaving = 4;
/** Seconds after which an address that has asked for nothing is forgotten, and no longer counts as another. */
const memory = 10;
/** Addresses that are kept at most. */
const mostAddresses = 10_000;

/** What there is in a second, shared out so that who asks for most is refused first. */
export class Shares {
  readonly #perSecond: number;
  readonly #spared: number;
  readonly #now: () => number;
  readonly #levels = new Map<string, Level>();
  /** Where the look for those that are forgotten goes on; from the start it would pass all that are forgotten already. */
  #walk = this.#levels.entries();
  readonly #total: Level;
  #last = "";
  /** When one address came after another; before that they were all the same. */
  #mixedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param perSecond what there is; 0 sets no limit
   * @param spared what any address may have, also where all together then have more than there is; 0 where that is
   * never to be
   * @param now monotonic seconds
   */
  constructor(perSecond: number, spared = 0, now: () => number = () => performance.now() / 1_000) {
    this.#perSecond = perSecond;
    this.#spared = spared;
    this.#now = now;
    this.#total = { units: 0, at: now() };
  }

  /** Addresses that something is known of. */
  get size(): number {
    return this.#levels.size;
  }

  /** @returns false, and takes nothing, where there is not enough left, or not enough for this address */
  take(network: string, units = 1): boolean {
    if (this.#perSecond === 0) return true;
    const now = this.#now();
    this.#note(network, now);
    const level = this.#levelOf(network, now);
    const free = this.#perSecond - this.#taken(now);
    const price = Math.min(units, this.#perSecond);
    if (this.#spared === 0 && price > free) return false;
    if (this.#isShared(now) && level.units + price > Math.max(leaving * free, this.#spared)) return false;
    level.units += price;
    this.#total.units += price;
    return true;
  }

  /** Takes what something turned out to cost, or was found to be worth: it counts against its address alone. */
  charge(network: string, units: number): void {
    if (this.#perSecond > 0) this.#levelOf(network, this.#now()).units += units;
  }

  /** What all have taken drains at the rate that there is, so that just as much comes in, also where that is one in a second. */
  #taken(now: number): number {
    const total = this.#total;
    total.units = Math.max(0, total.units - this.#perSecond * Math.max(0, now - total.at));
    total.at = now;
    return total.units;
  }

  /** Where there is but one address nobody else has to be left room for. */
  #isShared(now: number): boolean {
    return now - this.#mixedAt < memory;
  }

  #note(network: string, now: number): void {
    if (network === this.#last) return;
    if (this.#last !== "") this.#mixedAt = now;
    this.#last = network;
  }

  #levelOf(network: string, now: number): Level {
    const found = this.#levels.get(network);
    if (found) {
      drained(found, now);
      return found;
    }
    this.#forget(now);
    const level = { units: 0, at: now };
    this.#levels.set(network, level);
    return level;
  }

  /** Two are looked at for each that is made, so that no call takes long. */
  #forget(now: number): void {
    for (let looked = 0; looked < 2; looked += 1) {
      const next = this.#walk.next();
      if (next.done) {
        this.#walk = this.#levels.entries();
        return;
      }
      const [network, level] = next.value;
      if (now - level.at >= memory || this.#levels.size >= mostAddresses) this.#levels.delete(network);
    }
  }
}

/** What an address has taken drains by two thirds in a second: who has asked for much waits longer than who has not. @returns what is left */
function drained(level: Level, now: number): number {
  level.units *= Math.exp(Math.min(0, level.at - now));
  level.at = now;
  return level.units;
}
