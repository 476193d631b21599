/*
 * Listeners by event, for Tide and Channel. A listener that throws must not keep the others from being called, nor
 * stop the client in the middle of what it does.
 */

import { failure, reportMistake } from "./errors.ts";

type Listener<Args extends unknown[]> = (...args: Args) => void;

/** @typeParam Events the arguments of each event's listeners, by event name */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  #listeners: { [Name in keyof Events]?: Listener<Events[Name]>[] } = {};

  /**
   * @returns a function that takes the listener off again
   * @throws TideError `bad_request` where the listener is no function
   */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): () => void {
    if (typeof listener !== "function") {
      throw failure("bad_request", `on("${String(event)}"): the listener is a function.`);
    }
    // A new array each time: `emit` may be walking the old one.
    this.#listeners[event] = (this.#listeners[event] || []).concat(listener);
    return () => this.off(event, listener);
  }

  /** Takes one listener off, or all of the event's where none is named. */
  off<Name extends keyof Events>(event: Name, listener?: Listener<Events[Name]>): void {
    const all = this.#listeners[event];
    if (listener === undefined || all === undefined) delete this.#listeners[event];
    else this.#listeners[event] = all.filter((other) => other !== listener);
  }

  /** @returns whether anybody listens */
  protected emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): boolean {
    const listeners = this.#listeners[event] || [];
    for (const listener of listeners) {
      try {
        listener(...args);
      } catch (error) {
        reportMistake(error);
      }
    }
    return listeners.length > 0;
  }

  protected removeAll(): void {
    this.#listeners = {};
  }
}
