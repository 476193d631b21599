/*
 * How long the client waits before it connects again. SessionKeeper asks after each attempt that failed. Without the
 * jitter all clients of a node that dies would come to the next node in the same instant, and again after each
 * refusal.
 */

const shortest = 500;
const longest = 20_000;

/** Full jitter: any wait up to a bound that doubles from 0.5 s to 20 s, so that clients do not come back together. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** @returns milliseconds to wait before the next attempt */
  next(): number {
    const bound = Math.min(longest, shortest * 2 ** this.#failures);
    this.#failures += 1;
    return this.#random() * bound;
  }

  reset(): void {
    this.#failures = 0;
  }
}
