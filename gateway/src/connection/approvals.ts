/*
 * Finds out whether channels that the rules leave to a backend may be joined, and goes on finding out while they are
 * held. The `subscribe` handler and `welcome.ts` ask before a join, `joiner.ts` has what was joined watched. A backend's
 * answer is held as a channel token is, so that a revocation ends both.
 */

import type { Tokens } from "../auth/token.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { Rules } from "../channels/rules.ts";
import type { ChannelTokenLife, Held } from "../channels/subscriber.ts";
import { Failure } from "../errors.ts";
import type { Backend, SubscribeAnswer } from "../hooks/ports.ts";
import type { SubscriptionItem } from "../protocol/request-schemas.ts";
import type { Alarms } from "./alarms.ts";
import type { Connection } from "./connection.ts";
import { KeptGrants } from "./kept-grants.ts";

export type { Backend };

export interface ApprovalsOptions {
  rules: Pick<Rules, "policyOf">;
  backend: Pick<Backend, "subscribe">;
  verifier: Pick<Verifier, "verifyChannel" | "isRevoked">;
  tokens: Pick<Tokens, "signs" | "signChannel" | "longest">;
  alarms: Alarms;
  /** Unix milliseconds. */
  now(): number;
}

/** What was found out about a channel. */
export type Ruling = ChannelTokenLife | Failure;
/** By channel. */
export type Rulings = ReadonlyMap<string, Ruling>;

const second = 1_000;
/** Of a right's time the last part, in which it is asked for again; at a random moment, since many begin together. */
const lastPart = 0.1;
/** Milliseconds after its end for which a right is kept while its backend cannot be asked. */
const grace = 300_000;
/** Milliseconds between two such attempts. */
const retry = { least: 5_000, most: 15_000 };
/** Milliseconds in which a client has to ask for the next page of a channel that it may join. */
const pagePatience = 30_000;

/** Asks backends about channels. */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #kept = new KeptGrants();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /**
   * @returns what finds out about those of the channels that are left to a backend, in one call for all of them; undefined
   * where none is
   */
  question(connection: Connection, items: readonly SubscriptionItem[]): (() => Promise<Rulings>) | undefined {
    const asked = new Map(
      items.filter(({ channel }) => this.#isLeft(channel)).map((item) => [item.channel, item]),
    );
    return asked.size === 0 ? undefined : () => this.#find(connection, [...asked.values()]);
  }

  /** The client has to come again for the rest of the channel's past: it is asked about once for all pages. */
  expectMore({ id }: Connection, channel: string, life: ChannelTokenLife): void {
    if (life.hook) this.#kept.keep(id, channel, life, this.#options.now() + pagePatience);
  }

  /**
   * Asks again before what the backend has said of a held channel ends.
   *
   * @param expel ends the subscription, where the answer is another
   */
  watch(connection: Connection, held: Held, expel: (failure: Failure) => void): void {
    const life = held.tokenLife;
    const end = Math.min(life?.expiresAt ?? Infinity, life?.hook?.grantedUntil ?? Infinity);
    if (end === Infinity) return;
    const now = this.#options.now();
    this.#setAlarm(connection, held, expel, now + (end - now) * (1 - lastPart * Math.random()));
  }

  #setAlarm(connection: Connection, held: Held, expel: (failure: Failure) => void, time: number): void {
    const { alarms } = this.#options;
    const alarm = { ring: () => void this.#askAgain(connection, held, expel) };
    const slot = alarms.set(time, alarm);
    held.cancelAlarm = () => alarms.cancel(slot, alarm);
  }

  async #askAgain(connection: Connection, held: Held, expel: (failure: Failure) => void): Promise<void> {
    const { channel } = held.feed;
    const ruling = (await this.#ask(connection, [{ channel }])).get(channel);
    // It has ended, or begun anew, while the backend was asked.
    if (connection.ended || connection.held.get(channel) !== held || !ruling) return;
    const { now } = this.#options;
    if (!(ruling instanceof Failure)) {
      held.tokenLife = ruling;
      if (ruling.hook?.token) connection.wire.send("granted", { channel, token: ruling.hook.token });
      this.watch(connection, held, expel);
    } else if (ruling.retryable && now() < (held.tokenLife?.expiresAt ?? 0) + grace) {
      const wait = retry.least + Math.random() * (retry.most - retry.least);
      this.#setAlarm(connection, held, expel, now() + wait);
    } else expel(ruling);
  }

  #isLeft(channel: string): boolean {
    try {
      return this.#options.rules.policyOf(channel).subscribe === "hook";
    } catch {
      // The join says what is wrong with it.
      return false;
    }
  }

  async #find(connection: Connection, items: readonly SubscriptionItem[]): Promise<Rulings> {
    const known = await Promise.all(items.map((item) => this.#knownLife(connection, item)));
    const found = new Map<string, Ruling>();
    for (const [index, { channel }] of items.entries()) {
      const life = known[index];
      if (life) found.set(channel, life);
    }
    const unknown = items.filter(({ channel }) => !found.has(channel));
    if (unknown.length === 0) return found;
    return new Map([...found, ...(await this.#ask(connection, unknown))]);
  }

  /** What the client's token says, or what this node remembers; a token that is no good is as none. */
  async #knownLife(connection: Connection, item: SubscriptionItem): Promise<ChannelTokenLife | undefined> {
    return (await this.#lifeOfToken(connection, item)) ?? this.#remembered(connection, item.channel);
  }

  async #lifeOfToken({ user }: Connection, { channel, token }: SubscriptionItem) {
    if (token === undefined) return undefined;
    try {
      const { issuedAt, expiresAt, info, grant, ...claims } =
        await this.#options.verifier.verifyChannel(token);
      if (claims.user !== user || claims.channel !== channel) return undefined;
      if (!grant) return { issuedAt, expiresAt, hook: { info } };
      const hook = { info, grantedUntil: expiresAt, token };
      return { issuedAt, expiresAt: grant.expiresAt ?? Infinity, hook };
    } catch {
      return undefined;
    }
  }

  async #remembered({ id, user }: Connection, channel: string): Promise<ChannelTokenLife | undefined> {
    const { verifier, now } = this.#options;
    const kept = this.#kept.find(id, channel, now()) ?? this.#kept.find(user, channel, now());
    if (!kept) return undefined;
    // Where it cannot be asked whether it is revoked, the backend decides.
    return (await verifier.isRevoked(user, kept.issuedAt).catch(() => true)) ? undefined : kept;
  }

  async #ask(connection: Connection, items: readonly SubscriptionItem[]): Promise<Rulings> {
    const { backend, now } = this.#options;
    // A revocation that comes while the backend thinks ends what it says.
    const issuedAt = Math.floor(now() / second);
    const questions = items.map(({ channel, data }) => ({ channel, data }));
    const answers = await backend.subscribe(connection, questions);
    const rulings = await Promise.all(
      items.map(async ({ channel }, index) => {
        const answer = answers[index] ?? new Failure("internal");
        const ruling =
          answer instanceof Failure
            ? answer
            : await this.#granted(connection.user, channel, answer, issuedAt);
        return [channel, ruling] as const;
      }),
    );
    return new Map(rulings);
  }

  /** The right that an answer gives, with the token that says it, and remembered here. */
  async #granted(
    user: string,
    channel: string,
    answer: SubscribeAnswer,
    issuedAt: number,
  ): Promise<ChannelTokenLife> {
    const { info, expiresAt = Infinity, grant } = answer;
    if (grant === undefined) return { issuedAt, expiresAt, hook: { info } };
    const { tokens, now } = this.#options;
    const ttl = Math.min(grant * second, expiresAt - now(), tokens.longest);
    const token = await this.#sign(user, channel, answer, ttl);
    const life = { issuedAt, expiresAt, hook: { info, grantedUntil: now() + ttl, token } };
    this.#kept.keep(user, channel, life, now() + ttl);
    return life;
  }

  /** @returns undefined where none can be signed: without a secret, for an anonymous user, for too much info */
  async #sign(user: string, channel: string, { info, expiresAt }: SubscribeAnswer, ttl: number) {
    const { tokens } = this.#options;
    if (!tokens.signs) return undefined;
    const grant = expiresAt === undefined ? {} : { expiresAt };
    return tokens.signChannel({ user, channel, ttl, info, grant }).then(
      ({ token }) => token,
      () => undefined,
    );
  }
}
