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
const answerPatience = 10_000;
const retryPause = 1_000;

/** Asks for the channels that wait to be subscribed, many in one frame. */
export class SubscribeQueue {
  readonly #options: SubscribeQueueOptions;
  readonly #retry: Timer;
  #session: Session | undefined;
  /** The channels that the last handshake asked for. */
  #resumed: string[] = [];
  #scheduled = false;

  constructor(options: SubscribeQueueOptions) {
    this.#options = options;
    this.#retry = new Timer(options.clock);
  }

  /** The start of each channel for a handshake that is about to be written. */
  resume(): SubscribeRequest[] {
    const asked = this.#next();
    this.#resumed = asked.map(({ channel }) => channel);
    return asked.map((subscription) => subscription.request());
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
    const { subscriptions, answered, silent } = this.#options;
    session.ask<SubscribeManyReply>(
      "subscribe",
      asked.map((subscription) => subscription.request()),
      answerPatience,
      ({ results }) => {
        if (session !== this.#session) return;
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
        if (error.code === "timeout") silent();
        for (const subscription of asked) {
          if (subscription.phase === "asked") this.later(subscription, error.after);
        }
      },
    );
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
