/*
 * One question whether the session still answers. SessionKeeper asks it when the app returns, when the network changes
 * and when the watchdog raises the alarm. A socket that a mobile network has dropped says nothing by itself: writing
 * to it may succeed for minutes.
 */

import type { TideError } from "./errors.ts";
import type { Session } from "./session.ts";

/** How long an answer may take: at least this, and on slow networks a few round trips. */
const shortest = 150;
const longest = 2_000;
/** And while an answer is on its way that may be large. */
const behindLoad = 10_000;

/** Finds out whether a session is alive: one that does not answer is dead. */
export class Probe {
  /** The newest question, until it is answered or does not matter any more. */
  #asked: { session: Session } | undefined;

  /** Asks, unless it is asking already. @param dead is called where no answer came */
  ask(session: Session, dead: () => void): void {
    if (this.#asked?.session === session) return;
    const asked = { session };
    this.#asked = asked;
    const usual = Math.min(longest, Math.max(shortest, 4 * session.roundTrip));
    const patience = session.loading ? behindLoad : usual;
    const done = (error?: TideError) => {
      if (this.#asked !== asked) return;
      this.forget();
      if (error?.code === "timeout") dead();
    };
    // `back` and not a ping of its own: the gateway has to learn that the app is in front again anyway.
    session.request("back", {}, patience).then(() => done(), done);
  }

  /** The app is hidden: on its return the gateway needs another `back`. */
  forget(): void {
    this.#asked = undefined;
  }
}
