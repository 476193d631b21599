/** Cancels the alarm; harmless once it has rung. */
export type Cancel = () => void;

const second = 1_000;

/**
 * One timer for the deadlines of all connections, exact to about a second. Tens of thousands of sessions expire;
 * a timer for each would cost more memory than all else that is kept of it.
 */
export class Alarms {
  readonly #now: () => number;
  readonly #due = new Map<number, Set<() => void>>();
  readonly #timer: NodeJS.Timeout;
  #rung: number;

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#rung = Math.floor(now() / second);
    this.#timer = setInterval(() => this.ring(), second).unref();
  }

  /** @param time Unix milliseconds; what is past rings within a second */
  at(time: number, callback: () => void): Cancel {
    const slot = Math.max(Math.ceil(time / second), this.#rung + 1);
    const callbacks = this.#due.get(slot) ?? new Set();
    callbacks.add(callback);
    this.#due.set(slot, callbacks);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.#due.delete(slot);
    };
  }

  /** Rings all that is due. */
  ring(): void {
    const now = Math.floor(this.#now() / second);
    while (this.#rung < now) {
      this.#rung += 1;
      const callbacks = this.#due.get(this.#rung);
      this.#due.delete(this.#rung);
      for (const callback of callbacks ?? []) callback();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#due.clear();
  }
}
