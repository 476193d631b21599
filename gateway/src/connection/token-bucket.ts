/** What a refusal counts as in the debt of a bucket that owes already. */
const lateDebt = 10;

/** Lets `perSecond` events a second pass, and `burst` at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  /**
   * Events that did not pass, less those that did. It grows only while more than half of them are refused, so a client
   * that sends at less than twice the rate stays out of debt.
   */
  debt = 0;
  #tokens: number;
  #updated: number;

  /** @param now monotonic milliseconds */
  constructor(perSecond: number, burst: number, now: () => number = monotonic) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#updated = now();
  }

  /** @param cost of the event; never more than the burst, or it could not pass at all */
  take(cost = 1): boolean {
    this.#refill();
    const price = Math.min(cost, this.#burst);
    if (this.#tokens < price) {
      // Below zero is who sent what was charged later, and a flood of that has to end sooner.
      this.debt += this.#tokens < 0 ? lateDebt : 1;
      return false;
    }
    this.debt = Math.max(0, this.debt - 1);
    this.#tokens -= price;
    return true;
  }

  /** Takes what an event turned out to cost, also where it is not there: what follows waits until it has come. */
  charge(cost: number): void {
    this.#refill();
    this.#tokens -= cost;
  }

  /** Milliseconds until the next event may pass. */
  get wait(): number {
    return this.waitFor(1);
  }

  /** Milliseconds until an event of this cost may pass. */
  waitFor(cost: number): number {
    const missing = Math.min(cost, this.#burst) - this.#tokens;
    return Math.max(0, Math.ceil((missing / this.#perSecond) * 1_000));
  }

  /** Whether it is as it was when it was made, so that nothing is lost where it is made anew. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  #refill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#updated) / 1_000) * this.#perSecond);
    this.#updated = now;
  }
}

/** One for all: a connection has a bucket. */
function monotonic(): number {
  return performance.now();
}
