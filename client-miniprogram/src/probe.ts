import type { TideError } from "./errors.ts";
import type { Session } from "./session.ts";

/** How long an answer may take: at least this, and on slow networks a few round trips. */
const shortest = 150;
const longest = 2_000;

/** Finds out whether a session is alive: one that does not answer is dead. */
export class Probe {
  /** The newest question, until it is answered or does not matter any more. */
  #asked: { session: Session } | undefined;

  /** Asks, unless it is asking already. @param dead is called where no answer came */
  ask(session: Session, dead: () => void): void {
    if (this.#asked?.session === session) return;
    const asked = { session };
    this.#asked = asked;
    const patience = Math.min(longest, Math.max(shortest, 4 * session.roundTrip));
    const done = (error?: TideError) => {
      if (this.#asked !== asked) return;
      this.forget();
      if (error?.code === "timeout") dead();
    };
    session.request("back", {}, patience).then(() => done(), done);
  }

  /** The app is hidden: on its return the gateway needs another `back`. */
  forget(): void {
    this.#asked = undefined;
  }
}
