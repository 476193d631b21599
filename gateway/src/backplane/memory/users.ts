/*
 * The connections of known users, where there is one node. What is told of them, and when, is as in `redis/presence`.
 */

import { ownerOf } from "../../protocol/channel-name.ts";
import type { Position } from "../../protocol/position.ts";
import { formatPosition } from "../../protocol/position.ts";
import { ExpiryQueue } from "../expiry.ts";
import type { Draft } from "../ports.ts";
import type { Departure, OnlineUser, Users, UsersPage, Visitor } from "../tidings.ts";
import { KnownUser } from "./known-user.ts";
import type { MemoryTidings } from "./tidings.ts";

export interface MemoryUsersOptions {
  tidings: MemoryTidings;
  /** Unix milliseconds. */
  now(): number;
  /** Ends a connection in whose place a newer one of its user has come. */
  replace(connection: string): void;
}

/** Users of one node. Each call takes effect before it returns. */
export class MemoryUsers implements Users {
  readonly #options: MemoryUsersOptions;
  readonly #users = new Map<string, KnownUser>();
  readonly #dues = new ExpiryQueue<string>();

  constructor(options: MemoryUsersOptions) {
    this.#options = options;
  }

  get active(): boolean {
    const { listeners, connectionsPerUser } = this.#options.tidings.options;
    return (
      connectionsPerUser !== undefined ||
      listeners.some(({ kinds }) => [...ofUsers].some((one) => kinds.has(one)))
    );
  }

  async connected(visitor: Visitor): Promise<void> {
    const { tidings, replace, now } = this.#options;
    const { settle, connectionsPerUser: most } = tidings.options;
    const user = this.#users.get(visitor.user) ?? new KnownUser(settle);
    if (user.has(visitor.connection)) return;
    this.#users.set(visitor.user, user);
    user.enter(visitor);
    this.#tellConnection("connected", visitor, {});
    const tooMany = most === undefined ? [] : user.oldest().slice(0, Math.max(0, user.size - most));
    for (const one of tooMany) {
      user.leave(one, { code: "replaced", heard: now() }, now());
      this.#tellEnd(one, "replaced");
      replace(one.connection);
    }
    this.#settle(visitor.user, user);
  }

  async disconnected(visitor: Visitor, departure: Departure): Promise<void> {
    const user = this.#users.get(visitor.user);
    if (!user?.has(visitor.connection)) return;
    user.leave(visitor, departure, this.#options.now());
    this.#tellEnd(visitor, departure.code);
    this.#settle(visitor.user, user);
  }

  async setAway(visitor: Visitor, since: number | undefined): Promise<void> {
    const user = this.#users.get(visitor.user);
    if (!user) return;
    user.setAway(visitor, since);
    this.#settle(visitor.user, user);
  }

  /** The cursor is the last user of the page. */
  async page(limit: number, cursor: string | undefined): Promise<UsersPage> {
    const ids = [...this.#users.keys()].sort().filter((id) => cursor === undefined || id > cursor);
    const users = ids.slice(0, limit).flatMap((id): OnlineUser[] => {
      const user = this.#users.get(id);
      return user ? [{ user: id, ...user.described }] : [];
    });
    const last = users.at(-1)?.user;
    return last !== undefined && ids.length > limit ? { users, cursor: last } : { users };
  }

  /** A message was stored. */
  published({ channel, head, brief }: Draft, position: Position): void {
    const { tidings } = this.#options;
    const json = brief ?? head.slice(head.indexOf("{"));
    const message = JSON.parse(`${json},"position":"${formatPosition(position)}"}`) as object;
    tidings.tell("published", channel, { message }, channel);
    const id = ownerOf(channel);
    if (id === undefined || id.startsWith("anon:")) return;
    const user = this.#users.get(id);
    if (user) user.miss(message, (kind, members) => tidings.tell(kind, id, members));
    else tidings.tell("unseen", id, { state: "offline", message });
  }

  /** Tells what has become due. */
  sweep(): void {
    for (const id of this.#dues.take(this.#options.now())) {
      const user = this.#users.get(id);
      if (user) this.#settle(id, user);
    }
  }

  #settle(id: string, user: KnownUser): void {
    const { tidings, now } = this.#options;
    user.tell(now(), (kind, members) => tidings.tell(kind, id, members));
    if (user.state === "gone") this.#users.delete(id);
    else if (user.dueAt !== undefined) this.#dues.schedule(id, user.dueAt);
  }

  #tellEnd(visitor: Visitor, code: string): void {
    const seconds = Math.max(0, this.#options.now() - visitor.since) / 1_000;
    this.#tellConnection("disconnected", visitor, { code, seconds });
  }

  #tellConnection(kind: "connected" | "disconnected", visitor: Visitor, more: object): void {
    const { user, connection, address, agent, platform } = visitor;
    const about = { user, address, agent, ...(platform !== undefined && { platform }) };
    this.#options.tidings.tell(kind, connection, { ...about, ...more });
  }
}

const ofUsers = ["connected", "disconnected", "online", "offline", "away", "back", "unseen"] as const;
