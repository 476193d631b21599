import type { Alarm, Alarms } from "./alarms.ts";

/** A session is told to refresh its token this long before the end, or half-way where less is left. */
const expiringLead = 60_000;

/** What a watch tells, with the session that it was set for. */
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
