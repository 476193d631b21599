/*
 * When a hook that does not take what it is told is tried again. `told-hook.ts` asks it after each call. Without the
 * spread all nodes would come at once to a backend that has just come back.
 */

const shortest = 1_000;
const longest = 5 * 60_000;
/** What a hook may ask for at most, by `Retry-After`. */
const mostAsked = 60 * 60_000;
const spread = 0.2;

/** From 1 s to 5 minutes, doubling. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the last call failed. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * @param retryAfter the header as it was written
   * @param now Unix milliseconds
   * @returns milliseconds until the next try
   */
  failed(retryAfter: string | undefined, now: number): number {
    const usual = Math.min(shortest * 2 ** this.#failures, longest);
    this.#failures = Math.min(this.#failures + 1, 30);
    const asked = Math.min(readRetryAfter(retryAfter, now), mostAsked);
    const luck = this.#random();
    return Math.max(usual * (1 + spread * (2 * luck - 1)), asked * (1 + spread * luck));
  }
}

/** @returns milliseconds; 0 where it says nothing that can be read */
function readRetryAfter(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
