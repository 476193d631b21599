/*
 * How long the client waits before it connects again. SessionKeeper asks after each attempt that failed. Without the
 * jitter all clients of a node that dies would come to the next node in the same instant, and again after each
 * refusal.
 */

const shortest = 500;
/** With the time in which an attempt may end by itself it is less than 20 s from a network's return to the next attempt. */
const longest = 18_000;

/** Full jitter: any wait up to a bound that doubles from 0.5 s to 18 s, so that clients do not come back together. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /**
   * @param spent milliseconds that the attempt took which failed: whoever has waited for an answer has waited
   * @returns milliseconds to wait before the next attempt
   */
  next(spent = 0): number {
    const bound = Math.min(longest, shortest * 2 ** this.#failures);
    this.#failures += 1;
    const random = this.#random();
    return Math.max(random * shortest, random * bound - spent);
  }

  reset(): void {
    this.#failures = 0;
  }
}
