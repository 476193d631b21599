/*
 * Calls that wait for a session, since a page asks as soon as it has called `connect`. SessionKeeper owns it; without it
 * the first page of an app would have to ask again and again until there is a connection.
 */

import { type Clock, Timer } from "./clock.ts";
import { failure, type TideError } from "./errors.ts";
import type { Session } from "./session.ts";

const patience = 10_000;

/** Goes on with the session; without one it is waited for no longer. */
type Wait = (session: Session | undefined, reason?: TideError) => void;

export class SessionWaits {
  readonly #clock: Clock;
  readonly #reason: () => TideError | undefined;
  readonly #waits = new Set<Wait>();

  /** @param reason why there is no session, where that is known */
  constructor(clock: Clock, reason: () => TideError | undefined) {
    this.#clock = clock;
    this.#reason = reason;
  }

  /** @throws TideError, as a rejection: why there is no session within 10 s */
  wait(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const timer = new Timer(this.#clock);
      const wait: Wait = (session, reason = this.#reason()) => {
        timer.clear();
        this.#waits.delete(wait);
        if (session) resolve(session);
        else reject(reason || failure("unavailable", "Not connected.", true));
      };
      timer.set(patience, () => wait(undefined));
      this.#waits.add(wait);
    });
  }

  /** There is a session, or there will be none. */
  end(session: Session | undefined, reason?: TideError): void {
    for (const wait of Array.from(this.#waits)) wait(session, reason);
  }
}
