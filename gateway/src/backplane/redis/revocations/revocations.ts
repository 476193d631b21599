/*
 * The Revocations port on Redis. Handshakes ask for one user, Housekeeper for all new revocations: the command that
 * announces one is lost to a node that is out of reach, and without the second question its sessions would go on.
 */

import type { ControlTarget, Revocations } from "../../ports.ts";
import type { Keys } from "../keys.ts";
import { scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";

/** Milliseconds before the last look that are looked at again: a connection may have been between its check and its welcome. */
const overlap = 10_000;

export interface RedisRevocationsOptions {
  shards: Pick<Shards, "home">;
  keys: Keys;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  lifetime: number;
}

/** The users that this turn asks for, and the newest `before` of each in the same order. */
interface PendingLookup {
  users: string[];
  answer: Promise<(string | null)[]>;
}

/** Revocations in Redis, each for as long as a token from before it could still be accepted. */
export class RedisRevocations implements Revocations {
  readonly #options: RedisRevocationsOptions;
  /** Unix milliseconds on the clock of Redis. */
  #seenUntil: number | undefined;
  #turn: PendingLookup | undefined;

  constructor(options: RedisRevocationsOptions) {
    this.#options = options;
  }

  async revoke(user: string, before: number): Promise<void> {
    const { shards, keys, lifetime: kept } = this.#options;
    const args = [user, before, before * 1_000 + kept, kept];
    await shards.home.redis.run(scripts.revoke, [keys.revocation(user), keys.revocations()], args);
  }

  /** The users of one turn of the event loop share a call: in a storm of connects they are many. */
  async revokedBefore(user: string): Promise<number | undefined> {
    this.#turn ??= this.#startTurn();
    const { users, answer } = this.#turn;
    const index = users.push(user) - 1;
    const before = (await answer)[index] ?? null;
    return before === null ? undefined : Number(before);
  }

  #startTurn(): PendingLookup {
    const users: string[] = [];
    return { users, answer: this.#ask(users) };
  }

  /** @param users is filled until the turn ends */
  async #ask(users: readonly string[]): Promise<(string | null)[]> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#turn = undefined;
    const { shards, keys } = this.#options;
    const { redis } = shards.home;
    const answer = redis.call((client) => client.mget(users.map((user) => keys.revocation(user))));
    redis.flush();
    return answer;
  }

  /**
   * Has this node end the sessions of what was revoked since the last time, which the command for it may
   * not have reached.
   *
   * @throws Failure `unavailable`
   */
  async enforce(target: Pick<ControlTarget, "execute">): Promise<void> {
    const { shards, keys } = this.#options;
    const since = this.#seenUntil === undefined ? "" : this.#seenUntil - overlap;
    const [now, ...found] = (await shards.home.redis.run(
      scripts.revoked,
      [keys.revocations()],
      [since],
    )) as RawRevoked;
    for (const one of found) {
      const [before = "", ...user] = one.toString().split(":");
      await target.execute({ kind: "revoke", user: user.join(":"), before: Number(before) });
    }
    this.#seenUntil = now;
  }
}

type RawRevoked = [now: number, ...Buffer[]];
