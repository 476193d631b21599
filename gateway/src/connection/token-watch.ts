/*
 * Warns a session before its token expires and ends it when it does. `lifecycle.ts` sets one for each session whose
 * user is not anonymous. Without it a session would outlive its token.
 */

import type { Alarm, Alarms } from "./alarms.ts";

/** Milliseconds before the end at which a session is sent `expiring`; half-way where less is left. */
const expiringLead = 60_000;

/** What a watch reports, with its session. One object serves all sessions, which closures of their own could not. */
export interface TokenWatchEvents<Session> {
  /** The token will soon expire. */
  expiring(session: Session, expiresAt: number): void;
  expired(session: Session): void;
}

export interface TokenLife {
  /** Unix milliseconds, as the token says. */
  expiresAt: number;
  /** Unix milliseconds when the session ends, not before `expiresAt`. */
  end: number;
  /** Unix milliseconds. */
  now: number;
}

/** Rings before a session's token expires, and when it does. */
export class TokenWatch<Session> implements Alarm {
  readonly #alarms: Alarms;
  readonly #events: TokenWatchEvents<Session>;
  readonly #session: Session;
  readonly #expiresAt: number;
  readonly #end: number;
  #warned = false;
  #slot: number;

  constructor(alarms: Alarms, events: TokenWatchEvents<Session>, session: Session, life: TokenLife) {
    const { expiresAt, end, now } = life;
    this.#alarms = alarms;
    this.#events = events;
    this.#session = session;
    this.#expiresAt = expiresAt;
    this.#end = end;
    this.#slot = alarms.set(end - Math.min(expiringLead, (end - now) / 2), this);
  }

  /** The first alarm warns and sets the second, which ends the session. */
  ring(): void {
    if (this.#warned) {
      this.#events.expired(this.#session);
      return;
    }
    this.#warned = true;
    this.#slot = this.#alarms.set(this.#end, this);
    this.#events.expiring(this.#session, this.#expiresAt);
  }

  stop(): void {
    this.#alarms.cancel(this.#slot, this);
  }
}
