/*
 * Everything that changes what a connection holds, with the checks that need the connection: channel tokens, their
 * expiry, revocations. The request handlers, `lifecycle.ts`, `command-executor.ts` and `gaps.ts` call it.
 * `channels/subscriptions.ts` does the joining itself.
 */

import type { Verifier } from "../auth/verifier.ts";
import { noLongerAllowed } from "../channels/access.ts";
import type { Presence } from "../channels/presence.ts";
import type { JoinRequest, JoinResult, Subscriptions } from "../channels/subscriptions.ts";
import { Failure } from "../errors.ts";
import type { SubscriptionItem } from "../protocol/request-schemas.ts";
import type { Alarms } from "./alarms.ts";
import type { Approvals, Ruling, Rulings } from "./approvals.ts";
import type { Connection } from "./connection.ts";
import type { FreshRevocations } from "./fresh-revocations.ts";

export interface JoinerOptions {
  subscriptions: Subscriptions;
  presence: Presence;
  verifier: Pick<Verifier, "verifyChannel">;
  revocations: Pick<FreshRevocations, "cover">;
  alarms: Alarms;
  /** Hears at once who goes away and who is back. */
  visits: { setAway(connection: Connection): void };
  /** Channels that one frame, or one handshake, may ask for. */
  maxChannels: number;
  /** Unix milliseconds. */
  now(): number;
  /** Leeway of a token's expiry in milliseconds. */
  leeway: number;
  /** Absent where no backend is asked. */
  approvals?: Pick<Approvals, "watch" | "expectMore"> | undefined;
  /** Called with each channel that a client asked for in vain; absent where nobody wants to know. */
  onRefused?: (connection: Connection, channel: string, failure: Failure) => void;
  /** Called as a subscription ends before its connection; `failure` where the client did not ask for it. */
  onUnsubscribed?: (connection: Connection, channel: string, failure?: Failure) => void;
}

/** Milliseconds from one change of a connection's state that is told to the next. */
const toldEvery = 1_000;

/** Subscribes connections to channels as clients and backends ask for it, channel tokens included. */
export class Joiner {
  readonly #options: JoinerOptions;

  constructor(options: JoinerOptions) {
    this.#options = options;
  }

  /**
   * @param items those beyond the bound on channels are refused before their tokens are looked at
   * @param answer is given the results in the order of the items, in the step in which the rooms are joined
   * @param rulings on the channels that are left to a backend, where there are any
   */
  async join(
    connection: Connection,
    items: readonly SubscriptionItem[],
    answer: (results: JoinResult[]) => void,
    rulings?: Rulings,
  ): Promise<void> {
    const { maxChannels } = this.#options;
    const checked = await Promise.all(
      items.map((item, index) =>
        index < maxChannels ? this.#check(connection, item, rulings?.get(item.channel)) : tooMany,
      ),
    );
    const requests = checked.filter((request): request is JoinRequest => !(request instanceof Failure));
    await this.#options.subscriptions.subscribe(connection, requests, (joined) => {
      const results = inOrder(items, checked, joined);
      for (const result of results) this.#reportRefused(connection, result);
      answer(rulings ? results.map((result) => this.#granted(connection, result, rulings)) : results);
    });
    for (const { channel } of requests) await this.#watchChannelToken(connection, channel);
  }

  /** A backend subscribes the connection, whatever the rules say. */
  async grant(connection: Connection, channel: string, answer: (result: JoinResult) => void): Promise<void> {
    await this.#options.subscriptions.subscribe(connection, [{ channel, granted: true }], ([result]) => {
      if (result) answer(result);
    });
  }

  /** Ends a subscription. @param failure why, where the client did not ask for it */
  async leave(connection: Connection, channel: string, failure?: Failure): Promise<void> {
    await this.#options.subscriptions.unsubscribe(connection, channel);
    this.#options.onUnsubscribed?.(connection, channel, failure);
  }

  /** Ends a subscription that its holder may not keep, and says why. */
  async expel(connection: Connection, channel: string, failure: Failure): Promise<void> {
    if (!connection.held.has(channel)) return;
    await this.leave(connection, channel, failure);
    if (!connection.closed) connection.wire.send("unsubscribed", { channel, error: failure.body });
  }

  /** Ends what the connection's present claims do not allow any more. */
  async recheck(connection: Connection): Promise<void> {
    for (const channel of noLongerAllowed(connection)) {
      await this.expel(connection, channel, new Failure("forbidden"));
    }
  }

  /**
   * Ends the subscriptions that rest on channel tokens which were revoked.
   *
   * @param before Unix seconds: tokens issued up to it are
   * @returns whether there were any
   */
  async endRevoked(connection: Connection, before: number): Promise<boolean> {
    const revoked = [...connection.held].filter(
      ([, { tokenLife }]) => tokenLife && tokenLife.issuedAt <= before,
    );
    for (const [channel] of revoked) await this.expel(connection, channel, new Failure("revoked"));
    return revoked.length > 0;
  }

  /** Ends all subscriptions of a connection that has gone. */
  end(connection: Connection): Promise<void> {
    return this.#options.subscriptions.end(connection);
  }

  /**
   * The app has gone to the background, or is back. Saying the same twice changes nothing. Whoever goes back and forth is
   * told of at most once a second, with what is so then: each change is a message to everybody in the channels.
   */
  async setAway(connection: Connection, away: boolean): Promise<void> {
    if (connection.away === away) return;
    const { now, alarms } = this.#options;
    connection.awaySince = away ? now() : undefined;
    this.#options.visits.setAway(connection);
    connection.told ??= { away: false, at: Number.NEGATIVE_INFINITY, due: false };
    const { told } = connection;
    if (told.due) return;
    const next = told.at + toldEvery;
    if (next <= now()) return this.#tellState(connection);
    told.due = true;
    const tell = () => this.#tellState(connection);
    alarms.set(next, { ring: () => connection.work.run(true, tell).catch(ignore) });
  }

  async #tellState(connection: Connection): Promise<void> {
    const { told, away } = connection;
    if (!told || connection.closed) return;
    told.due = false;
    if (told.away === away) return;
    told.away = away;
    told.at = this.#options.now();
    await this.#options.presence.setAway(connection);
  }

  /** With the token that a backend's answer is, where it granted one; of a channel with more to read that is awaited. */
  #granted(connection: Connection, result: JoinResult, rulings: Rulings): JoinResult {
    const life = rulings.get(result.channel);
    if (!("outcome" in result) || !life || life instanceof Failure) return result;
    if (result.outcome.more) this.#options.approvals?.expectMore(connection, result.channel, life);
    return { ...result, token: life.hook?.token };
  }

  #reportRefused(connection: Connection, result: JoinResult): void {
    if ("failure" in result) this.#options.onRefused?.(connection, result.channel, result.failure);
  }

  /** Verifies the channel token of an item, where it has one. Its failure is the item's own, not the frame's. */
  async #check(
    connection: Connection,
    item: SubscriptionItem,
    ruling: Ruling | undefined,
  ): Promise<JoinRequest | Failure> {
    const { channel, since, token, maxBytes } = item;
    if (ruling) return ruling instanceof Failure ? ruling : { channel, since, maxBytes, tokenLife: ruling };
    if (token === undefined) return { channel, since, maxBytes };
    try {
      const claims = await this.#options.verifier.verifyChannel(token);
      if (claims.user !== connection.user || claims.channel !== channel) throw new Failure("forbidden");
      const { issuedAt, expiresAt } = claims;
      return { channel, since, maxBytes, tokenLife: { issuedAt, expiresAt } };
    } catch (error) {
      return Failure.of(error);
    }
  }

  /** Ends a subscription that rests on a channel token when that expires, or now where it was just revoked. */
  async #watchChannelToken(connection: Connection, channel: string): Promise<void> {
    const held = connection.held.get(channel);
    if (!held?.tokenLife || held.cancelAlarm) return;
    const { issuedAt, expiresAt } = held.tokenLife;
    const { alarms, revocations } = this.#options;
    // A revocation that came since the token was verified did not find the subscription.
    if (revocations.cover(connection.user, issuedAt)) {
      await this.expel(connection, channel, new Failure("revoked"));
      return;
    }
    const expel = (failure: Failure) => {
      connection.work.run(true, () => this.expel(connection, channel, failure)).catch(ignore);
    };
    if (held.tokenLife.hook) return this.#options.approvals?.watch(connection, held, expel);
    const alarm = { ring: () => expel(new Failure("token_expired")) };
    const { now, leeway } = this.#options;
    // As with a session's token: one that was let in within the leeway lives to the end of it.
    const end = expiresAt > now() ? expiresAt : expiresAt + leeway;
    const slot = alarms.set(end, alarm);
    held.cancelAlarm = () => alarms.cancel(slot, alarm);
  }
}

const tooMany = new Failure("limit_exceeded", "More channels than a connection may hold.");

/** An alarm that rings after the connection has ended has nothing to do. */
function ignore(): void {}

/** Items whose token was refused never reached the channels; here they get their place in the reply again. */
function inOrder(
  items: readonly SubscriptionItem[],
  checked: readonly (JoinRequest | Failure)[],
  results: readonly JoinResult[],
): JoinResult[] {
  const joined = results[Symbol.iterator]();
  return items.map(({ channel }, index) => {
    const request = checked[index];
    const result = request instanceof Failure ? undefined : joined.next().value;
    return result ?? { channel, failure: request instanceof Failure ? request : new Failure("internal") };
  });
}
