import type { TideError } from "./errors.ts";
import type { Session } from "./session.ts";

/** How long an answer may take: at least this, and on slow networks a few round trips. */
const shortest = 150;
const longest = 2_000;

/** Finds out whether a session lives: what does not answer is dead. */
export class Probe {
  #asked: Session | undefined;

  /** Asks, unless it is asking already. @param dead is called where no answer came */
  ask(session: Session, dead: () => void): void {
    if (this.#asked === session) return;
    this.#asked = session;
    const patience = Math.min(longest, Math.max(shortest, 4 * session.roundTrip));
    const done = () => {
      if (this.#asked === session) this.#asked = undefined;
    };
    session.request("back", {}, patience).then(done, ({ code }: TideError) => {
      done();
      if (code === "timeout") dead();
    });
  }
}
