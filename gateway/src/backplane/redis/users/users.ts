/*
 * The Users port on Redis; connections begin and end here. It is presence whose members are the users of the gateway
 * itself, those of a tag in one place. What presence does when a node dies, freezes or cannot reach Redis holds for them
 * too: a second registry would have to do all that again.
 */

import { Failure } from "../../../errors.ts";
import type { PresenceManner } from "../../ports.ts";
import type { Departure, OnlineUser, Users, UsersPage, Visitor } from "../../tidings.ts";
import type { Keys } from "../keys.ts";
import type { RedisPresence } from "../presence/presence.ts";
import type { Member, Visit } from "../presence/presence-telling.ts";
import type { TagIndex } from "../tidings/tag-index.ts";
import type { Telling } from "../tidings/telling.ts";
import { tagOfUser } from "../tidings/telling.ts";

export interface RedisUsersOptions {
  presence: RedisPresence;
  telling: Telling;
  index: Pick<TagIndex, "all">;
  keys: Keys;
}

/** The gateway's users, as members of places that no channel is called like. */
export class RedisUsers implements Users {
  readonly #options: RedisUsersOptions;
  readonly #manner: PresenceManner;

  constructor(options: RedisUsersOptions) {
    this.#options = options;
    const { settle } = options.telling.options;
    this.#manner = { announce: false, pace: 0, linger: settle, hold: settle };
  }

  get active(): boolean {
    return this.#options.telling.knowsUsers;
  }

  connected(visitor: Visitor): Promise<void> {
    const { presence } = this.#options;
    const member = memberOf(visitor, { heard: 0, code: "" });
    return this.#ignoring(presence.enter(this.#placeOf(visitor), member, this.#manner));
  }

  disconnected(visitor: Visitor, departure: Departure): Promise<void> {
    const { presence } = this.#options;
    return this.#ignoring(presence.end(this.#placeOf(visitor), memberOf(visitor, departure), this.#manner));
  }

  setAway(visitor: Visitor, since: number | undefined): Promise<void> {
    const { presence } = this.#options;
    const member = memberOf(visitor, { heard: since ?? 0, code: "" });
    return this.#ignoring(presence.setAway(this.#placeOf(visitor), member, since, this.#manner));
  }

  /** The cursor is the tag and, after a space, the last user of the page. */
  async page(limit: number, cursor = ""): Promise<UsersPage> {
    const { presence, keys, index } = this.#options;
    const [from = "", after = ""] = cursor.split(" ");
    const tags = (await index.all()).sort();
    const users: OnlineUser[] = [];
    for (const tag of tags.slice(Math.max(0, from === "" ? 0 : placeOf(tags, from)))) {
      const last = tag === from && after !== "" ? after : undefined;
      const page = await presence.page(keys.users(tag), limit - users.length, last);
      for (const { user, state, since, connections } of page.users) {
        users.push({ user, state, ...(since !== undefined && { since }), connections });
      }
      if (page.cursor !== undefined) return { users, cursor: `${tag} ${page.cursor}` };
      const next = tags[tags.indexOf(tag) + 1];
      if (users.length >= limit) return next === undefined ? { users } : { users, cursor: next };
    }
    return { users };
  }

  #placeOf({ user }: Visitor): string {
    const { keys, telling } = this.#options;
    return keys.users(tagOfUser(telling, user));
  }

  /** What failed is noted, and written again. */
  async #ignoring(written: Promise<void>): Promise<void> {
    await written.catch(() => {});
  }
}

/** @throws Failure `bad_request` where no page has given it */
function placeOf(tags: readonly string[], tag: string): number {
  const place = tags.indexOf(tag);
  if (place === -1) throw new Failure("bad_request", "`cursor` is none that a page has given.");
  return place;
}

function memberOf(visitor: Visitor, { heard, code }: Pick<Visit, "heard" | "code">): Member {
  const { user, connection, since, address, agent, platform } = visitor;
  const info = { address, agent, ...(platform !== undefined && { platform }) };
  return { user, connection, info, visit: { since, heard, code } };
}
