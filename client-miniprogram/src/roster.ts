/*
 * The users of one channel as a list: the pages of a reading, and the events that come between them. PresenceReader
 * makes one for each channel that needs it. Without the events in between, somebody who leaves while the pages are
 * read would stay in the list.
 */

import type { PresenceChange, PresenceEvent, PresenceReply, PresenceUser } from "./protocol.ts";

/** Who is in a channel: read in pages, kept in step by events. */
export class Roster {
  users: readonly PresenceUser[] = [];
  /** Whether all pages were read, once. */
  known = false;
  #reading: PresenceUser[] | undefined;
  /** What happened while the pages were read; the pages may or may not have it. */
  #missed: [PresenceEvent, PresenceChange][] = [];

  /**
   * Reads all pages. @returns whether the roster is complete; false where a later reading took over
   *
   * @throws what `fetch` throws, as a rejection
   */
  read(fetch: (cursor: string | undefined) => Promise<PresenceReply>): Promise<boolean> {
    const reading: PresenceUser[] = [];
    this.#reading = reading;
    this.#missed = [];
    const next = (cursor: string | undefined): Promise<boolean> =>
      fetch(cursor).then(
        (reply) => {
          // A later reading began, after a reconnect: its pages are newer than this one.
          if (this.#reading !== reading) return false;
          reading.push(...reply.users);
          if (reply.cursor !== undefined) return next(reply.cursor);
          this.known = true;
          return this.#complete(reading);
        },
        (error) => {
          // What was known before is kept in step.
          if (this.#reading === reading) this.#complete(this.users);
          throw error;
        },
      );
    return next(undefined);
  }

  /** @returns whether the roster shows the change already */
  apply(event: PresenceEvent, change: PresenceChange): boolean {
    if (this.#reading) this.#missed.push([event, change]);
    else this.users = changed(this.users, [event, change]);
    return !this.#reading;
  }

  #complete(reading: readonly PresenceUser[]): true {
    this.users = this.#missed.reduce(changed, reading);
    this.#reading = undefined;
    return true;
  }
}

/** Applying a change twice is as applying it once. */
function changed(
  users: readonly PresenceUser[],
  [event, { user, info, since }]: [PresenceEvent, PresenceChange],
): readonly PresenceUser[] {
  const others = users.filter((other) => other.user !== user);
  if (event === "left") return others;
  const known = users.find((other) => other.user === user);
  const state = event === "away" ? "away" : "online";
  const entry: PresenceUser = Object.assign({ connections: 1 }, known, { user, state });
  if (info !== undefined) entry.info = info;
  delete entry.since;
  if (since !== undefined) entry.since = since;
  const at = known ? users.indexOf(known) : others.length;
  return [...others.slice(0, at), entry, ...others.slice(at)];
}
