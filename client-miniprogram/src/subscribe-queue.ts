/*
 * Asks the gateway for channels, many in one frame: those share one read of Redis at the gateway, and one answer.
 * Recovery says which; a new connection asks for all of them in its handshake. With a frame for each channel a page of
 * fifty would be whole after fifty answers.
 */

import { type Clock, Timer } from "./clock.ts";
import { errorOf, type TideError } from "./errors.ts";
import type { SubscribeManyReply, SubscribeRequest, SubscribeResult } from "./protocol.ts";
import type { Session } from "./session.ts";
import type { Subscription } from "./subscription.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface SubscribeQueueOptions {
  clock: Clock;
  subscriptions: Subscriptions;
  /** The gateway has answered for one of them. */
  answered(channel: string, result: SubscribeResult): void;
  /** No token was to be had for it. */
  failed(subscription: Subscription, error: TideError): void;
  /** The gateway did not answer. */
  silent(): void;
}

/** A subscribe frame stays well below what the gateway takes: so many channels, and so many characters. */
const frame = 100;
const frameText = 16_000;
/** Milliseconds in which an answer comes, at first and at most. */
const answerPatience = { usual: 10_000, longest: 80_000 };
/**
 * Bytes of messages in an answer. What is under way cannot be seen, so on a slow link a large answer is a dead
 * connection: the first one is small, and the next as large as that came fast.
 */
const page = { first: 32_768, least: 16_384, most: 262_144 };
/** An answer within this many milliseconds came fast, and a slow one took longer than this. */
const pace = { fast: 1_000, slow: 4_000 };
const retryPause = 1_000;

/** Asks for the channels that wait to be subscribed, many in one frame. */
export class SubscribeQueue {
  readonly #options: SubscribeQueueOptions;
  readonly #retry: Timer;
  #session: Session | undefined;
  /** The channels that the last handshake asked for. */
  #resumed: string[] = [];
  #scheduled = false;
  #page = page.first;
  #patience = answerPatience.usual;

  constructor(options: SubscribeQueueOptions) {
    this.#options = options;
    this.#retry = new Timer(options.clock);
  }

  /** The start of each channel for a handshake that is about to be written. */
  resume(): SubscribeRequest[] {
    const asked = this.#next();
    this.#resumed = asked.map(({ channel }) => channel);
    return this.#requests(asked);
  }

  /** Whether the last handshake asked for it. */
  hasResumed(channel: string): boolean {
    return this.#resumed.indexOf(channel) >= 0;
  }

  online(session: Session): void {
    this.#session = session;
    this.#flush();
  }

  /** What was asked for and not answered is asked for again by the next handshake. */
  lost(): void {
    // The welcome did not come, and may have been too large; or the next connection is on another network.
    this.#page = this.#session ? page.first : page.least;
    this.#session = undefined;
    this.#retry.clear();
  }

  /** At once, with whatever else waits. */
  again(subscription: Subscription): void {
    subscription.phase = "waiting";
    this.flushSoon();
  }

  /** @param after milliseconds, where the gateway says it; one timer serves all, and the last call sets it */
  later(subscription: Subscription, after: number | undefined): void {
    subscription.phase = "waiting";
    this.#retry.set(after || retryPause, () => this.#flush());
  }

  /** Pages ask for their channels one by one; one frame takes them all. */
  flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    Promise.resolve().then(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const session = this.#session;
    if (!session) return;
    const asked = this.#next();
    if (asked.length === 0) return;
    const { clock, subscriptions, answered, silent } = this.#options;
    const sent = clock.now();
    session.ask<SubscribeManyReply>(
      "subscribe",
      this.#requests(asked),
      this.#patience,
      ({ results }) => {
        if (session !== this.#session) return;
        this.#learn(clock.now() - sent);
        // By their order: a page may have closed a channel, and opened it anew, since it was asked for.
        results.forEach((result, index) => {
          const subscription = asked[index];
          if (subscription && subscriptions.get(subscription.channel) === subscription) {
            answered(subscription.channel, result);
          }
        });
        this.#flush();
      },
      (error: TideError) => {
        if (session !== this.#session) return;
        if (error.code === "timeout") {
          this.#page = page.least;
          this.#patience = Math.min(answerPatience.longest, 2 * this.#patience);
          silent();
        }
        for (const subscription of asked) {
          if (subscription.phase === "asked") this.later(subscription, error.after);
        }
      },
    );
  }

  /** @param took milliseconds from a request to its answer */
  #learn(took: number): void {
    this.#patience = answerPatience.usual;
    if (took < pace.fast) this.#page = Math.min(page.most, 4 * this.#page);
    else if (took > pace.slow) this.#page = Math.max(page.least, this.#page / 2);
  }

  /** The requests of one frame. Of its sizes the least counts, so one is enough: of a channel that goes on. */
  #requests(asked: readonly Subscription[]): SubscribeRequest[] {
    const requests = asked.map((subscription) => subscription.request());
    const resumed = requests.find(({ since }) => since !== undefined);
    if (resumed && this.#page < page.most) resumed.maxBytes = this.#page;
    return requests;
  }

  /** Those that the next frame asks for; from here on they are asked for. */
  #next(): Subscription[] {
    let room = frameText;
    const next = this.#waiting()
      .slice(0, frame)
      .filter((subscription, index) => {
        room -= JSON.stringify(subscription.request()).length;
        return index === 0 || room > 0;
      });
    for (const subscription of next) subscription.phase = "asked";
    return next;
  }

  #waiting(): Subscription[] {
    return this.#options.subscriptions.list().filter((subscription) => {
      if (subscription.phase !== "waiting") return false;
      if (subscription.needsToken) this.#fetchToken(subscription);
      return !subscription.needsToken;
    });
  }

  #fetchToken(subscription: Subscription): void {
    subscription.phase = "asked";
    subscription.fetchToken().then(
      () => this.again(subscription),
      (error) => {
        if (subscription.phase === "asked") this.#options.failed(subscription, errorOf(error));
      },
    );
  }
}
