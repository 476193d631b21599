/*
 * Keeps a slow service from taking all of the node: so many calls at once, so many that wait, and a failure for the
 * rest. `code-exchange.ts` uses it.
 */

import { Failure } from "../errors.ts";

/** Lets a bounded number of works run at once; the others wait, a bounded number too, first come first served. */
export class Semaphore {
  #free: number;
  readonly #queue: number;
  readonly #waiting = new Set<() => void>();

  constructor(bounds: { atOnce: number; queue: number }) {
    this.#free = bounds.atOnce;
    this.#queue = bounds.queue;
  }

  /** @throws Failure `unavailable` where too many wait; the signal's reason where the turn does not come before */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#waiting.size >= this.#queue) {
      throw new Failure("unavailable", undefined, { cause: "too many wait for their turn" });
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(begin);
        reject(signal.reason);
      };
      this.#waiting.add(begin);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else this.#free += 1;
  }
}
