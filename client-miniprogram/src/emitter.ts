import { systemClock } from "./clock.ts";

type Listener<Args extends unknown[]> = (...args: Args) => void;

/** @typeParam Events the arguments of each event's listeners, by event name */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  #listeners: { [Name in keyof Events]?: Listener<Events[Name]>[] } = {};

  /** @returns a function that takes the listener off again */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): () => void {
    this.#listeners[event] = (this.#listeners[event] || []).concat(listener);
    return () => this.off(event, listener);
  }

  /** Takes one listener off, or all of the event's where none is named. */
  off<Name extends keyof Events>(event: Name, listener?: Listener<Events[Name]>): void {
    const all = this.#listeners[event];
    if (listener === undefined || all === undefined) delete this.#listeners[event];
    else this.#listeners[event] = all.filter((other) => other !== listener);
  }

  protected emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): void {
    for (const listener of this.#listeners[event] || []) {
      try {
        listener(...args);
      } catch (error) {
        // A page's mistake belongs in the app's error log; it must not stop what keeps the messages in order.
        systemClock.setTimeout(() => {
          throw error;
        }, 0);
      }
    }
  }

  protected removeAll(): void {
    this.#listeners = {};
  }
}
