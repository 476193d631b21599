/** What rings at a deadline. An object, since a closure for each of many sessions takes more memory. */
export interface Alarm {
  ring(): void;
}

const second = 1_000;

/**
 * One timer for the deadlines of all connections, exact to about a second. Tens of thousands of sessions expire;
 * a timer for each would cost more memory than all else that is kept of it.
 */
export class Alarms {
  readonly #now: () => number;
  readonly #due = new Map<number, Set<Alarm>>();
  #timer: NodeJS.Timeout | undefined;
  #rung: number;

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#rung = Math.floor(now() / second);
  }

  start(): void {
    this.#timer = setInterval(() => this.ring(), second).unref();
  }

  /**
   * @param time Unix milliseconds; what is past rings within a second
   * @returns the slot, for `cancel`
   */
  set(time: number, alarm: Alarm): number {
    this.#followBack();
    const slot = Math.max(Math.ceil(time / second), this.#rung + 1);
    const alarms = this.#due.get(slot) ?? new Set();
    alarms.add(alarm);
    this.#due.set(slot, alarms);
    return slot;
  }

  /** Harmless once the alarm has rung. */
  cancel(slot: number, alarm: Alarm): void {
    const alarms = this.#due.get(slot);
    alarms?.delete(alarm);
    if (alarms?.size === 0) this.#due.delete(slot);
  }

  /** Rings all that is due. Slots that were skipped, by a busy node or a clock put forward, ring too. */
  ring(): void {
    const now = this.#followBack();
    while (this.#rung < now) {
      this.#rung += 1;
      const alarms = this.#due.get(this.#rung);
      this.#due.delete(this.#rung);
      for (const alarm of alarms ?? []) alarm.ring();
    }
  }

  /** A clock that was put back must not hold up what is set from then on. @returns the clock's second */
  #followBack(): number {
    const now = Math.floor(this.#now() / second);
    this.#rung = Math.min(this.#rung, now);
    return now;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#due.clear();
  }
}
