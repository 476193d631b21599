/*
 * Holds back values that come faster than a channel's rule lets them out. The adapter offers each message of such a
 * channel. What it holds was delivered already as far as offsets go, so whoever joins meanwhile must not be sent it:
 * its reply has it.
 */

import type { BatchEntry } from "./batch.ts";

export interface ConflationOptions {
  send(room: string, entry: BatchEntry): void;
  /** Called with how many messages a newer one took the place of. */
  onDropped(messages: number): void;
}

interface Interval {
  held: BatchEntry | undefined;
  timer: NodeJS.Timeout;
}

/**
 * Paces rooms whose messages are values: the first one leaves at once, and while it is fresh the newest
 * that follows is held until the interval is over. The last value always comes.
 */
export class Conflation {
  readonly #options: ConflationOptions;
  readonly #paces = new Map<string, Interval>();

  constructor(options: ConflationOptions) {
    this.#options = options;
  }

  /** @param interval milliseconds between two messages to the room */
  offer(room: string, entry: BatchEntry, interval: number): void {
    const pace = this.#paces.get(room);
    if (pace) {
      if (pace.held) this.#options.onDropped(1);
      pace.held = entry;
      return;
    }
    this.#options.send(room, entry);
    const timer = setInterval(() => this.#tick(room), interval);
    this.#paces.set(room, { held: undefined, timer });
  }

  /** A newcomer whose subscribe reply had the held value already is not sent it again. */
  excludeFromHeld(room: string, connection: string): void {
    const pace = this.#paces.get(room);
    if (!pace?.held) return;
    pace.held = { ...pace.held, except: [...pace.held.except, connection] };
  }

  forget(room: string): void {
    const pace = this.#paces.get(room);
    if (!pace) return;
    clearInterval(pace.timer);
    this.#paces.delete(room);
  }

  stop(): void {
    for (const room of [...this.#paces.keys()]) this.forget(room);
  }

  #tick(room: string): void {
    const pace = this.#paces.get(room);
    if (!pace?.held) {
      this.forget(room);
      return;
    }
    const { held } = pace;
    pace.held = undefined;
    this.#options.send(room, held);
  }
}
