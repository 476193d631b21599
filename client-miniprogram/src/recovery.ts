/*
 * Decides for each message and each answer what a channel does next: deliver, drop, subscribe again, or reset. It
 * calls SubscribeQueue to ask, and Subscriptions for what there is.
 */

import type { Clock } from "./clock.ts";
import { TideError } from "./errors.ts";
import type { Log } from "./log.ts";
import type {
  Message,
  SubscribeReply,
  SubscribeRequest,
  SubscribeResult,
  Unsubscribed,
  Welcome,
} from "./protocol.ts";
import type { Session } from "./session.ts";
import type { StorageOptions } from "./storage.ts";
import { SubscribeQueue } from "./subscribe-queue.ts";
import type { Holder, Subscription } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { TokenSource } from "./token-source.ts";

export interface RecoveryEvents {
  /** Whether the message is this client's own, published without echo. */
  isSilent(id: string | undefined): boolean;
  message(message: Message): void;
  /** The channel could not be continued. */
  reset(channel: string): void;
  /** The channel is live, for the first time or again. */
  live(subscription: Subscription): void;
  /** The gateway refuses the channel. @param heard whether a page listens to that */
  refused(channel: string, error: TideError, heard: boolean): void;
  log: Log;
  /** The channel is live or refused: what waited for it need not any more. */
  settled(): void;
  /** The gateway did not answer. */
  silent(): void;
}

export interface HoldOptions {
  since?: string | undefined;
  token?: TokenSource | undefined;
}

const answerPatience = 10_000;

/**
 * Continues every channel from its last position, over all connections. Tide owns it and hands it the gateway's events;
 * without it a reconnect would lose what was published meanwhile.
 */
export class Recovery {
  readonly #events: RecoveryEvents;
  readonly #subscriptions: Subscriptions;
  readonly #queue: SubscribeQueue;
  #session: Session | undefined;

  /** @param storage is where positions outlive the app; absent: nowhere */
  constructor(events: RecoveryEvents, clock: Clock, storage: StorageOptions | undefined) {
    this.#events = events;
    this.#subscriptions = new Subscriptions(storage);
    this.#queue = new SubscribeQueue({
      clock,
      subscriptions: this.#subscriptions,
      answered: (channel, result) => this.#settle(channel, result),
      failed: (subscription, error) => this.#refused(subscription, error),
      silent: () => events.silent(),
    });
  }

  get(channel: string): Subscription | undefined {
    return this.#subscriptions.get(channel);
  }

  /** Whether the channel is wanted, and neither live nor refused yet. */
  isPending(channel: string): boolean {
    const phase = this.get(channel)?.phase;
    return phase === "waiting" || phase === "asked";
  }

  /** A page wants the channel. */
  hold(channel: string, holder: Holder, { since, token }: HoldOptions): Subscription {
    const known = this.#subscriptions.get(channel);
    const subscription = known || this.#subscriptions.create(channel, since);
    if (subscription.add(holder)) this.#queue.again(subscription);
    if (token !== undefined) subscription.token = token;
    if (subscription.phase === "refused") subscription.phase = "waiting";
    this.#queue.flushSoon();
    return subscription;
  }

  /** A page does not want it any more. */
  release(subscription: Subscription, holder: Holder): void {
    subscription.remove(holder);
    if (subscription.lasting || subscription.origin === "granted") return;
    const { channel, phase } = subscription;
    if (this.#subscriptions.get(channel) !== subscription) return;
    this.#subscriptions.remove(subscription);
    if (phase === "live" || phase === "asked") this.#leave(channel);
  }

  /** The start of each channel for a handshake that is about to be written. */
  resume(): SubscribeRequest[] {
    return this.#queue.resume();
  }

  online(session: Session, { channels }: Welcome): void {
    this.#session = session;
    for (const result of channels) {
      const { channel } = result;
      const known = this.#subscriptions.get(channel);
      if (known?.phase === "asked") this.#settle(channel, result);
      else if (!known && result.ok) this.#settleUnknown(result);
      // Otherwise the page left and came back during the handshake; the channel is asked for again.
    }
    this.#queue.online(session);
  }

  /** What a backend granted was for that connection; what pages hold waits for the next one. */
  lost(): void {
    this.#session = undefined;
    this.#queue.lost();
    for (const subscription of this.#subscriptions.list()) {
      if (!subscription.lasting) this.#subscriptions.remove(subscription);
      else if (subscription.phase !== "refused") subscription.phase = "waiting";
    }
  }

  message(message: Message): void {
    const subscription = this.#subscriptions.get(message.channel);
    if (!subscription) {
      if (message.position === undefined) this.#events.message(message);
      return;
    }
    if (this.#advance(subscription, message.position)) this.#deliver(subscription, message);
  }

  /** A message that this connection was left out of. */
  passed(channel: string, position: string): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription) this.#advance(subscription, position);
  }

  /** A backend subscribed this connection. */
  granted(reply: SubscribeReply): void {
    const known = this.#subscriptions.get(reply.channel);
    const subscription = known || this.#subscriptions.create(reply.channel);
    if (!known) subscription.origin = "granted";
    if (!known || known.position === reply.position) this.#settle(reply.channel, reply);
    else if (known.phase !== "refused") this.#queue.again(subscription);
    // Asking would be refused again: what lies between is not to be had.
    else this.#settle(reply.channel, Object.assign({}, reply, known.position && { recovered: false }));
  }

  unsubscribed({ channel, error }: Unsubscribed): void {
    this.#settle(channel, { ok: false, channel, error });
  }

  /** The app may end from here on. */
  save(): void {
    this.#subscriptions.save();
  }

  stop(): void {
    this.#queue.lost();
    this.#subscriptions.stop();
  }

  /** A channel that came with the token, or one whose page left during the handshake. */
  #settleUnknown(reply: SubscribeReply): void {
    if (this.#queue.hasResumed(reply.channel)) {
      this.#leave(reply.channel);
      return;
    }
    this.#subscriptions.create(reply.channel).origin = "own";
    this.#settle(reply.channel, reply);
  }

  #settle(channel: string, result: SubscribeResult): void {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    if (!result.ok) {
      const error = new TideError(result.error);
      this.#events.log("subscribe", { channel, outcome: error.code });
      this.#refused(subscription, error);
      return;
    }
    const { recovered, messages } = result;
    const outcome = recovered === undefined ? "live" : recovered ? "recovered" : "reset";
    this.#events.log("subscribe", { channel, outcome, messages: messages.length });
    // Before the messages: a page that reloads its state on `reset` must not throw away what comes with this answer.
    if (recovered === false) this.#events.reset(channel);
    subscription.answer(result, (message) => this.#deliver(subscription, message));
    this.#subscriptions.moved();
    if (subscription.phase === "live") {
      this.#events.live(subscription);
      this.#events.settled();
    } else this.#queue.flushSoon();
  }

  #refused(subscription: Subscription, error: TideError): void {
    if (error.code === "gap" || subscription.mayRenew(error)) {
      this.#queue.again(subscription);
    } else if (error.retryable) {
      this.#queue.later(subscription, error.after);
    } else {
      this.#drop(subscription, error);
    }
  }

  /** A refused channel stays with its pages, which may still close it; without pages it is forgotten. */
  #drop(subscription: Subscription, error: TideError): void {
    subscription.phase = "refused";
    this.#events.refused(subscription.channel, error, subscription.report(error));
    if (subscription.holders.size === 0) this.#subscriptions.remove(subscription);
    this.#events.settled();
  }

  /** A gap is not filled from here: the subscribe that follows brings what is missing, and everything after it. */
  #advance(subscription: Subscription, position: string | undefined): boolean {
    const step = subscription.advance(position);
    if (step === "gap" && subscription.phase === "live") this.#queue.again(subscription);
    if (step === "next") this.#subscriptions.moved();
    return step === "next";
  }

  #deliver(subscription: Subscription, message: Message): void {
    const silent = this.#events.isSilent(message.id);
    const { pages, news } = subscription.spread(message, silent);
    // A copy: a page may close its channel from within its listener.
    for (const holder of pages) holder.message(message);
    if (news) this.#events.message(message);
  }

  #leave(channel: string): void {
    this.#session?.request("unsubscribe", { channel }, answerPatience).catch(ignore);
  }
}

function ignore(): void {}
