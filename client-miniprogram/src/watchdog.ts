/*
 * Notices that a connection is silent, and that the thread has slept. SessionKeeper starts it with each attempt.
 * Phones stop the JavaScript thread in the background without a word: the tick that comes late is the only sign.
 */

import { type Clock, Timer } from "./clock.ts";

/** A tick that comes late by as much again means that the thread stood still. */
const tick = 5_000;
/** The gateway speaks at least every 25 s. */
const silence = 35_000;

export interface Watched {
  /** When anything last arrived on the connection, in the clock's milliseconds; undefined where there is none. */
  heardAt(): number | undefined;
  /** The connection may have stopped without a close. */
  alarm(): void;
}

/** Raises the alarm when nothing arrives for too long, or the thread has slept. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #watched: Watched;
  readonly #timer: Timer;

  constructor(clock: Clock, watched: Watched) {
    this.#clock = clock;
    this.#watched = watched;
    this.#timer = new Timer(clock);
  }

  start(): void {
    const started = this.#clock.now();
    this.#timer.set(tick, () => {
      const now = this.#clock.now();
      const heardAt = this.#watched.heardAt();
      if (now - started > 2 * tick || (heardAt !== undefined && now - heardAt > silence))
        this.#watched.alarm();
      this.start();
    });
  }

  stop(): void {
    this.#timer.clear();
  }
}
