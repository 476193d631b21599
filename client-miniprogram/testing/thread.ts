/**
 * - `as-it-came`: in the order in which they would have happened
 * - `timers-first` / `events-first`: one kind before the other
 * - `show-first`: `onAppShow` before all else
 */
export type WakeOrder = "as-it-came" | "timers-first" | "events-first" | "show-first";

type Kind = "timer" | "event";

/** A JavaScript thread that can be stopped: what happens meanwhile waits, and comes when it goes on. */
export class Thread {
  frozen = false;
  #waiting: { kind: Kind; task: () => void }[] = [];

  run(kind: Kind, task: () => void): void {
    if (this.frozen) this.#waiting.push({ kind, task });
    else task();
  }

  freeze(): void {
    this.frozen = true;
  }

  /** @param shown is what the platform does on waking, besides what has waited */
  thaw(order: WakeOrder = "as-it-came", shown: () => void = () => {}): void {
    this.frozen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    const of = (kind: Kind) => waiting.filter((entry) => entry.kind === kind);
    const tasks = {
      "as-it-came": waiting,
      "show-first": waiting,
      "timers-first": [...of("timer"), ...of("event")],
      "events-first": [...of("event"), ...of("timer")],
    }[order].map(({ task }) => task);
    for (const task of order === "show-first" ? [shown, ...tasks] : [...tasks, shown]) task();
  }
}
