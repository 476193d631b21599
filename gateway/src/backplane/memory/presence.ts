/*
 * Who is in which channel, where there is one node. Its users, their order and their changes are those of
 * `redis/presence`.
 */

import type { PresenceEvent, PresenceUser } from "../../protocol/events.ts";
import { ExpiryQueue } from "../expiry.ts";
import type { Announce, PresenceManner, PresenceMember, PresencePage, PresenceStore } from "../ports.ts";
import { PresentUser } from "./present-user.ts";
import type { MemoryTidings } from "./tidings.ts";

/** The users of one channel. */
class Room {
  /** Those with nothing but a recent past included. */
  readonly users = new Map<string, PresentUser>();
  /** What hooks know: nothing, that somebody is there, or in which Unix ms they may hear that nobody is any more. */
  told: "occupied" | number | undefined;
  #sorted: readonly string[] | undefined;

  /** The ids of those who are there in code unit order, sorted anew only after somebody came or went. */
  get sorted(): readonly string[] {
    this.#sorted ??= [...this.users].flatMap(([id, user]) => (user.state === "gone" ? [] : [id])).sort();
    return this.#sorted;
  }

  use(id: string, manner: PresenceManner): PresentUser {
    const user = this.users.get(id) ?? new PresentUser(manner);
    this.users.set(id, user);
    return user;
  }

  /** @param user whose state has changed */
  keep(id: string, user: PresentUser): void {
    this.#sorted = undefined;
    if (user.state === "gone" && user.dueAt === undefined) this.users.delete(id);
  }
}

export interface MemoryPresenceOptions {
  announce: Announce;
  /** Unix milliseconds. */
  now(): number;
  /** Tells hooks whether anybody is in a channel; absent where none wants to know. */
  tidings?: Pick<MemoryTidings, "tell" | "options"> | undefined;
}

/** Presence of one node in its own memory. Each call takes effect before it returns, announcements included. */
export class MemoryPresence implements PresenceStore {
  readonly #announce: Announce;
  readonly #now: () => number;
  readonly #tidings: Pick<MemoryTidings, "tell" | "options"> | undefined;
  readonly #rooms = new Map<string, Room>();
  /** A user and a channel with a space between, when something is to be told of them. */
  readonly #dues = new ExpiryQueue<string>();

  constructor({ announce, now, tidings }: MemoryPresenceOptions) {
    this.#announce = announce;
    this.#now = now;
    this.#tidings = tidings;
  }

  /** Channels in which anybody is, or was a moment ago. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Entering again with the same connection changes only its info. */
  async enter(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void> {
    this.#change(channel, member.user, manner, (user) => user.enter(member.connection, member));
  }

  async leave(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void> {
    if (!this.#has(channel, member)) return;
    this.#change(channel, member.user, manner, (user) => user.leave(member.connection));
  }

  async end(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void> {
    if (!this.#has(channel, member)) return;
    this.#change(channel, member.user, manner, (user, now) => user.end(member.connection, now));
  }

  async setAway(
    channel: string,
    member: PresenceMember,
    since: number | undefined,
    manner: PresenceManner,
  ): Promise<void> {
    if (!this.#has(channel, member)) return;
    this.#change(channel, member.user, manner, (user) => user.setAway(member.connection, since));
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

  /** Tells what has become due. Costs nothing where nothing is. */
  sweep(): void {
    for (const due of this.#dues.take(this.#now())) {
      const [id = "", channel = ""] = due.split(" ");
      const room = this.#rooms.get(channel);
      if (room && id === "") {
        this.#tellOccupancy(channel, room, this.#now());
        if (room.users.size === 0 && room.told === undefined) this.#rooms.delete(channel);
      }
      const user = room?.users.get(id);
      if (user) this.#change(channel, id, user.manner, () => user.expire(this.#now()));
    }
  }

  #has(channel: string, { user, connection }: PresenceMember): boolean {
    return this.#rooms.get(channel)?.users.get(user)?.has(connection) === true;
  }

  #change(
    channel: string,
    id: string,
    manner: PresenceManner,
    act: (user: PresentUser, now: number) => void,
  ): void {
    const now = this.#now();
    const room = this.#rooms.get(channel) ?? new Room();
    const user = room.use(id, manner);
    const before = user.state;
    user.manner = manner;
    act(user, now);
    if (manner.announce) user.tell(before, now, (event) => this.#tell(channel, event, id, user));
    room.keep(id, user);
    if (user.dueAt !== undefined) this.#dues.schedule(`${id} ${channel}`, user.dueAt);
    this.#tellOccupancy(channel, room, now);
    if (room.users.size === 0 && room.told === undefined) this.#rooms.delete(channel);
    else this.#rooms.set(channel, room);
  }

  #tellOccupancy(channel: string, room: Room, now: number): void {
    if (!this.#tidings) return;
    const { options } = this.#tidings;
    const tell = (kind: "occupied" | "vacated") => this.#tidings?.tell(kind, channel, {}, channel);
    if (room.sorted.length > 0) {
      if (room.told === undefined) tell("occupied");
      room.told = "occupied";
      return;
    }
    if (room.told === undefined) return;
    if (room.told === "occupied") room.told = now + options.settle;
    if (now < room.told) {
      this.#dues.schedule(` ${channel}`, room.told);
      return;
    }
    room.told = undefined;
    tell("vacated");
  }

  #tell(channel: string, event: PresenceEvent, id: string, user: PresentUser): void {
    this.#announce(channel, event, { user: id, ...user.details });
  }
}

function describe(id: string, user: PresentUser): PresenceUser {
  const { state, size, details } = user;
  return { user: id, state: state === "away" ? "away" : "online", connections: size, ...details };
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
