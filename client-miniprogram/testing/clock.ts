import type { Clock } from "../src/clock.ts";

interface Due {
  at: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #last = 0;
  readonly #timers = new Map<number, Due>();

  /** @param now Unix milliseconds to begin with */
  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, milliseconds: number): unknown {
    this.#last += 1;
    this.#timers.set(this.#last, { at: this.#now + Math.max(0, milliseconds), callback });
    return this.#last;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Moves time on and calls back what falls due, in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [timer, { at, callback }] = next;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      callback();
    }
    this.#now = end;
  }

  #next(end: number): [number, Due] | undefined {
    const due = [...this.#timers].filter(([, { at }]) => at <= end);
    return due.sort(([, one], [, other]) => one.at - other.at)[0];
  }
}
