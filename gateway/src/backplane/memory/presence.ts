/*
 * Who is in which channel, where there is one node. Its users, their order and their changes are those of
 * `redis/presence`.
 */

import type { PresenceEvent, PresenceState, PresenceUser } from "../../protocol/events.ts";
import type { Announce, PresenceMember, PresencePage, PresenceStore } from "../ports.ts";

/** A user's connections to one channel. */
class PresentUser {
  /** Connection to info, in the order in which they entered. */
  readonly #connections = new Map<string, unknown>();
  /** Connection to the time when it went away. */
  readonly #away = new Map<string, number>();
  #infoOfLast: unknown;

  /** Absent while no connection is there. */
  get state(): PresenceState | undefined {
    if (this.size === 0) return undefined;
    return this.#away.size === this.size ? "away" : "online";
  }

  /** When the last of the connections went away; absent while one is online. */
  get awaySince(): number | undefined {
    if (this.state !== "away") return undefined;
    let latest = 0;
    for (const since of this.#away.values()) latest = Math.max(latest, since);
    return latest;
  }

  /** The newest connection's; after all have left, the last one's. */
  get info(): unknown {
    let newest = this.#infoOfLast;
    for (const info of this.#connections.values()) newest = info;
    return newest;
  }

  /** What is told of the user beside the id, as far as it is there. */
  get details(): Pick<PresenceUser, "info" | "since"> {
    const { info, awaySince: since } = this;
    return { ...(info !== undefined && { info }), ...(since !== undefined && { since }) };
  }

  get size(): number {
    return this.#connections.size;
  }

  has(connection: string): boolean {
    return this.#connections.has(connection);
  }

  enter(connection: string, info: unknown): void {
    this.#connections.set(connection, info);
  }

  leave(connection: string): void {
    this.#infoOfLast = this.#connections.get(connection);
    this.#connections.delete(connection);
    this.#away.delete(connection);
  }

  setAway(connection: string, since: number | undefined): void {
    if (since === undefined) this.#away.delete(connection);
    else if (!this.#away.has(connection)) this.#away.set(connection, since);
  }
}

/** The users of one channel. */
class Room {
  readonly users = new Map<string, PresentUser>();
  #sorted: readonly string[] | undefined;

  /** The user ids in code unit order, sorted anew only after somebody came or went. */
  get sorted(): readonly string[] {
    this.#sorted ??= [...this.users.keys()].sort();
    return this.#sorted;
  }

  add(user: string): PresentUser {
    const present = new PresentUser();
    this.users.set(user, present);
    this.#sorted = undefined;
    return present;
  }

  remove(user: string): void {
    this.users.delete(user);
    this.#sorted = undefined;
  }
}

/** Presence of one node in its own memory. Each call takes effect before it returns, announcements included. */
export class MemoryPresence implements PresenceStore {
  readonly #announce: Announce;
  readonly #rooms = new Map<string, Room>();

  constructor({ announce }: { announce: Announce }) {
    this.#announce = announce;
  }

  /** Channels in which anybody is. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Entering again with the same connection changes only its info. */
  async enter(channel: string, member: PresenceMember, announce: boolean): Promise<void> {
    const room = this.#rooms.get(channel) ?? new Room();
    this.#rooms.set(channel, room);
    const user = room.users.get(member.user) ?? room.add(member.user);
    const before = user.state;
    user.enter(member.connection, member.info);
    if (announce) this.#tell(channel, member.user, before, user);
  }

  async leave(channel: string, member: PresenceMember, announce: boolean): Promise<void> {
    const room = this.#rooms.get(channel);
    const user = room?.users.get(member.user);
    if (!room || !user?.has(member.connection)) return;
    const before = user.state;
    user.leave(member.connection);
    if (user.size === 0) room.remove(member.user);
    if (room.users.size === 0) this.#rooms.delete(channel);
    if (announce) this.#tell(channel, member.user, before, user);
  }

  async setAway(
    channel: string,
    member: PresenceMember,
    since: number | undefined,
    announce: boolean,
  ): Promise<void> {
    const user = this.#rooms.get(channel)?.users.get(member.user);
    if (!user?.has(member.connection)) return;
    const before = user.state;
    user.setAway(member.connection, since);
    if (announce) this.#tell(channel, member.user, before, user);
  }

  /** The cursor is the last user id of the page. */
  async page(channel: string, limit: number, cursor: string | undefined): Promise<PresencePage> {
    const room = this.#rooms.get(channel);
    if (!room) return { total: 0, users: [] };
    const ids = room.sorted;
    const start = cursor === undefined ? 0 : countUpTo(ids, cursor);
    const users: PresenceUser[] = [];
    for (const id of ids.slice(start, start + limit)) {
      const user = room.users.get(id);
      if (user) users.push(describe(id, user));
    }
    const last = users.at(-1)?.user;
    const page = { total: ids.length, users };
    return last !== undefined && start + limit < ids.length ? { ...page, cursor: last } : page;
  }

  #tell(channel: string, id: string, before: PresenceState | undefined, user: PresentUser): void {
    const event = eventOf(before, user.state);
    if (!event) return;
    this.#announce(channel, event, { user: id, ...user.details });
  }
}

function eventOf(
  before: PresenceState | undefined,
  after: PresenceState | undefined,
): PresenceEvent | undefined {
  if (before === after) return undefined;
  if (before === undefined) return "joined";
  if (after === undefined) return "left";
  return after === "away" ? "away" : "back";
}

function describe(id: string, user: PresentUser): PresenceUser {
  const { state = "online", size, details } = user;
  return { user: id, state, connections: size, ...details };
}

/** @returns how many of the sorted ids are not above `id`. */
function countUpTo(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = ids[middle];
    if (candidate !== undefined && candidate <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
