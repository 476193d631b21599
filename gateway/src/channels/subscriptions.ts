/*
 * Owns the joining and leaving of channels. `connection/joiner.ts` calls it for clients and backends alike. The order
 * in `subscribe` is the protocol's promise that nothing is missed or doubled: another order opens a window in which a
 * live message comes before the reply, or in neither.
 */

import type { Broker, HistoryPage, ReadBudget, ReadFrom } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import type { Meter, RecoveryResult } from "../meter.ts";
import type { Feed } from "./feed.ts";
import type { Feeds } from "./feeds.ts";
import { type JoinPlan, type JoinRequest, type PlanBounds, planJoins } from "./join-plan.ts";
import type { Presence } from "./presence.ts";
import { type Reading, Readings, type Want } from "./readings.ts";
import {
  budgetOf,
  describeOutcome,
  mergeOutcome,
  plainOutcome,
  presentOutcome,
  type ReplySpace,
  replySpace,
  type SubscribeOutcome,
} from "./reply.ts";
import type { Held, Subscriber } from "./subscriber.ts";

export type { JoinRequest };

/** What came of one request of a frame, in the order of the requests. */
export type JoinResult = { channel: string } & (
  | { outcome: SubscribeOutcome; token?: string | undefined }
  | { failure: Failure }
);

interface Join extends JoinPlan {
  feed: Feed;
  /** The connection is in the channel's presence, from before or since now. */
  present: boolean;
  /** It was subscribed before. */
  again: boolean;
  /** Both absent where nothing is to be read: on a channel without history, or from where the room stands. */
  reading?: Reading | undefined;
  page?: HistoryPage | undefined;
}

export interface SubscriptionsOptions extends PlanBounds {
  broker: Pick<Broker, "read">;
  feeds: Feeds;
  presence: Presence;
  meter: Meter;
  /** Called with what each subscribe came to; absent where nobody wants to know. */
  onSubscribed?: (
    subscriber: Subscriber,
    outcome: ReturnType<typeof describeOutcome> & { result: RecoveryResult | undefined },
  ) => void;
}

/**
 * Joins connections to channels without a window in which a message is missed or doubled: the node subscribes to the
 * channel first, then reads its past, and in one synchronous step gives the reply and joins the room.
 *
 * Calls for one subscriber must not overlap; its connection runs them one after the other.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #readings: Readings;
  #count = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#readings = new Readings(options.broker);
  }

  /** Subscriptions of all connections of this node. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param answer is called in the step in which the rooms are joined, so that no live message can come
   * before the reply. It is not called when the connection ends meanwhile.
   */
  async subscribe(
    subscriber: Subscriber,
    requests: readonly JoinRequest[],
    answer: (results: JoinResult[]) => void,
  ): Promise<void> {
    const plans = planJoins(subscriber, requests, this.#options);
    const starts = await Promise.all(plans.map((plan) => this.#start(subscriber, plan)));
    const joins = starts.filter((start): start is Join => !(start instanceof Failure));
    try {
      await this.#read(joins, budgetOf(requests));
      if (joins.some(isNoted)) await this.#enterAll(subscriber, joins);
      if (subscriber.closed) throw new Failure("disconnected");
      this.#settle(subscriber, requests, starts, answer);
    } finally {
      const leaving = joins.map((join) => this.#letGo(subscriber, join));
      if (joins.some(isNoted)) await Promise.all(leaving);
    }
  }

  async unsubscribe(subscriber: Subscriber, channel: string): Promise<void> {
    const feed = this.#drop(subscriber, channel);
    if (feed) await this.#options.presence.leave(subscriber, feed);
  }

  /** Ends all subscriptions of a connection that has gone. */
  async end(subscriber: Subscriber): Promise<void> {
    const { presence } = this.#options;
    const feeds = [...subscriber.held.keys()].map((channel) => this.#drop(subscriber, channel));
    await Promise.all(feeds.map((feed) => feed && presence.end(subscriber, feed)));
  }

  /** Hears the channel, then ends what is held of it; its presence stays, so that nobody sees it flicker. */
  async #start(subscriber: Subscriber, plan: JoinPlan | Failure): Promise<Join | Failure> {
    if (plan instanceof Failure) return plan;
    try {
      const { channel } = plan.request;
      const feed = await this.#options.feeds.open(channel, plan.policy);
      const present = this.#drop(subscriber, channel) !== undefined;
      // An emitter may have put it into the room: what it is sent there, the reply would bring again.
      if (!present) this.#options.feeds.leave(feed, subscriber.id);
      return { ...plan, feed, present, again: present };
    } catch (error) {
      return Failure.of(error);
    }
  }

  /** Reads the past of those joins that need it, all channels in one call to the broker. */
  async #read(joins: readonly Join[], budget: ReadBudget): Promise<void> {
    const wanting: { join: Join; want: Want }[] = [];
    for (const join of joins) {
      const { feed, from, policy } = join;
      if (policy.history && from !== "top")
        wanting.push({ join, want: { feed, retention: policy.history, from } });
    }
    if (wanting.length === 0) return;
    const readings = this.#readings.take(
      wanting.map(({ want }) => want),
      budget,
    );
    for (const [index, { join }] of wanting.entries()) join.reading = readings[index];
    const pages = await Promise.all(readings.map(({ page }) => page));
    for (const [index, { join }] of wanting.entries()) join.page = pages[index];
  }

  /** Waits for all of them before it fails: one that entered after `#letGo` would stay in the presence for ever. */
  async #enterAll(subscriber: Subscriber, joins: readonly Join[]): Promise<void> {
    const entered = await Promise.allSettled(joins.map((join) => this.#enter(subscriber, join)));
    const failed = entered.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** A join that has more to read is no subscription yet; its client comes again, and enters then. */
  async #enter(subscriber: Subscriber, join: Join): Promise<void> {
    if (join.page?.more) return;
    join.present = true;
    await this.#options.presence.enter(subscriber, join.feed, join.request.tokenLife?.hook?.info);
  }

  /**
   * The synchronous step. Nothing here may wait: a delivery between the outcome and `#hold` would reach the room while
   * the newcomer is neither in it nor answered with it.
   */
  #settle(
    subscriber: Subscriber,
    requests: readonly JoinRequest[],
    starts: readonly (Join | Failure)[],
    answer: (results: JoinResult[]) => void,
  ): void {
    const space = replySpace(budgetOf(requests));
    const live: { join: Join; since: Held["since"] }[] = [];
    const results = starts.map((start, index): JoinResult => {
      const channel = requests[index]?.channel ?? "";
      if (start instanceof Failure) return { channel, failure: start };
      const outcome = this.#outcomeOf(start, space);
      if (this.#options.onSubscribed) this.#report(subscriber, start, outcome);
      if (!outcome.more) {
        live.push({ join: start, since: outcome.position });
        // The members are there, or will be as soon as the first of them has joined.
        start.feed.live = outcome.position;
      }
      return { channel, outcome };
    });
    answer(results);
    for (const { join, since } of live) this.#hold(subscriber, join, since);
  }

  #outcomeOf(join: Join, space: ReplySpace): SubscribeOutcome {
    const { feed, page, reading, from, request, policy } = join;
    if (policy.history && from === "top") return presentOutcome(feed);
    if (!page || !reading || from === "top") return plainOutcome(request.since !== undefined);
    const outcome = mergeOutcome(feed, page, reading.tap, from, space);
    // The client will ask for the same again. The shared reading would give it the same answer, for ever.
    if (outcome.more && outcome.entries.length === 0) this.#readings.forget(reading);
    if (request.since !== undefined) {
      this.#options.meter.recovered(recoveryResult(outcome, page, from), outcome.entries.length);
    }
    return outcome;
  }

  #report(subscriber: Subscriber, { feed, from, page, request }: Join, outcome: SubscribeOutcome): void {
    const recovers = request.since !== undefined && page !== undefined;
    const result = recovers ? recoveryResult(outcome, page, from) : undefined;
    this.#options.onSubscribed?.(subscriber, { result, ...describeOutcome(outcome, feed, from, page) });
  }

  #hold(subscriber: Subscriber, { feed, request }: Join, since: Held["since"]): void {
    const { tokenLife, granted = false } = request;
    subscriber.held.set(feed.channel, { feed, since, tokenLife, granted });
    this.#count += 1;
    this.#options.feeds.join(feed, subscriber.id);
  }

  /** Gives back what a join took and its subscription does not keep. */
  async #letGo(subscriber: Subscriber, { feed, reading, present, again }: Join): Promise<void> {
    if (reading) this.#readings.release(reading);
    if (subscriber.held.get(feed.channel)?.feed === feed) return;
    this.#options.feeds.release(feed);
    if (!present) return;
    const { presence } = this.#options;
    await (again && subscriber.closed ? presence.end(subscriber, feed) : presence.leave(subscriber, feed));
  }

  /** Ends a subscription but for its presence. @returns the feed of the subscription, where there was one */
  #drop(subscriber: Subscriber, channel: string): Feed | undefined {
    const held = subscriber.held.get(channel);
    if (!held) return undefined;
    subscriber.held.delete(channel);
    held.cancelAlarm?.();
    this.#count -= 1;
    this.#options.feeds.leave(held.feed, subscriber.id);
    this.#options.feeds.release(held.feed);
    return held.feed;
  }
}

/** Whether the channel has presence, so that joining it takes calls that have to be waited for. */
function isNoted({ policy }: Join): boolean {
  return policy.presence !== undefined;
}

/** What a subscribe with `since` came to, for the metrics: an epoch that is over tells a loss from mere age. */
function recoveryResult(
  { recovered }: SubscribeOutcome,
  { top }: HistoryPage,
  from: ReadFrom,
): RecoveryResult {
  if (recovered) return "recovered";
  return typeof from !== "string" && from.epoch === top.epoch ? "too_old" : "reset";
}
