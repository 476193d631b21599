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
