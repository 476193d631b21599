import { type Clock, Timer } from "./clock.ts";
import { errorOf, TideError } from "./errors.ts";
import type {
  ChannelErrorReply,
  Message,
  SubscribeManyReply,
  SubscribeReply,
  SubscribeRequest,
  Unsubscribed,
  Welcome,
} from "./protocol.ts";
import type { Session } from "./session.ts";
import type { Positions } from "./storage.ts";
import { type ChannelToken, type Holder, Subscription } from "./subscription.ts";

export interface RecoveryEvents {
  /** Whether the message is one that this client asked not to get back. */
  isSilent(id: string | undefined): boolean;
  message(message: Message): void;
  /** The channel could not be continued. */
  reset(channel: string): void;
  /** The channel is live, for the first time or again. */
  live(subscription: Subscription): void;
  /** The channel is live or refused: what waited for it need not any more. */
  settled(): void;
  /** Positions have changed. */
  moved(): void;
  /** The gateway did not answer. */
  silent(): void;
}

export interface HoldOptions {
  since?: string | undefined;
  token?: ChannelToken | undefined;
}

type Result = SubscribeReply | ChannelErrorReply;

/** A subscribe frame stays well below what the gateway takes. */
const frame = 100;
const answerPatience = 10_000;
const retryPause = 1_000;

/** Keeps every channel continuing where it stood, whatever becomes of the connection. */
export class Recovery {
  readonly #events: RecoveryEvents;
  readonly #retry: Timer;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Where channels stood when the app last ran; each is used once. */
  readonly #stored: Positions;
  #session: Session | undefined;
  /** What the handshake under way asks for. */
  #resumed: string[] = [];
  #scheduled = false;

  constructor(events: RecoveryEvents, clock: Clock, stored: { own: string[]; positions: Positions }) {
    this.#events = events;
    this.#retry = new Timer(clock);
    this.#stored = stored.positions;
    for (const channel of stored.own) this.#create(channel).origin = "own";
  }

  get(channel: string): Subscription | undefined {
    return this.#subscriptions.get(channel);
  }

  /** A page wants the channel. */
  hold(channel: string, holder: Holder, { since, token }: HoldOptions): Subscription {
    const known = this.#subscriptions.get(channel);
    const subscription = known || this.#create(channel, since);
    subscription.holders.add(holder);
    if (token !== undefined) subscription.token = token;
    if (subscription.phase === "refused") subscription.phase = "waiting";
    this.#flushSoon();
    return subscription;
  }

  /** A page does not want it any more. */
  release(subscription: Subscription, holder: Holder): void {
    subscription.holders.delete(holder);
    if (subscription.lasting || subscription.origin === "granted") return;
    const { channel, phase } = subscription;
    if (this.#subscriptions.get(channel) !== subscription) return;
    this.#subscriptions.delete(channel);
    this.#events.moved();
    if (phase === "live" || phase === "asked") this.#leave(channel);
  }

  /** The start of each channel for a handshake that is about to be written. */
  resume(): SubscribeRequest[] {
    const asked = this.#waiting().slice(0, frame);
    this.#resumed = asked.map(({ channel }) => channel);
    for (const subscription of asked) subscription.phase = "asked";
    return asked.map((subscription) => subscription.request());
  }

  online(session: Session, { channels }: Welcome): void {
    this.#session = session;
    for (const result of channels) {
      const { channel } = result;
      const known = this.#subscriptions.get(channel);
      if (known?.phase === "asked") this.#settle(channel, result);
      else if (!known && result.ok) this.#settleUnknown(result);
      // Otherwise the page left and came back while the handshake was under way; it is asked for anew.
    }
    this.#flush();
  }

  lost(): void {
    this.#session = undefined;
    this.#retry.clear();
    for (const subscription of Array.from(this.#subscriptions.values())) {
      if (!subscription.lasting) this.#subscriptions.delete(subscription.channel);
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
    const subscription = known || this.#create(reply.channel);
    if (!known) subscription.origin = "granted";
    if (known && known.position !== reply.position) this.#again(subscription);
    else this.#settle(reply.channel, reply);
  }

  unsubscribed({ channel, error }: Unsubscribed): void {
    this.#settle(channel, { ok: false, channel, error });
  }

  /** Where the lasting channels stand. */
  collect(): { own: string[]; positions: Positions } {
    const positions: Positions = {};
    for (const channel of Object.keys(this.#stored).slice(-frame)) {
      positions[channel] = this.#stored[channel] as string;
    }
    const lasting = Array.from(this.#subscriptions.values()).filter((subscription) => subscription.lasting);
    for (const { channel, position } of lasting) {
      if (position !== undefined && position !== "start") positions[channel] = position;
    }
    const own = lasting.filter(({ origin }) => origin === "own").map(({ channel }) => channel);
    return { own, positions };
  }

  stop(): void {
    this.#retry.clear();
    this.#subscriptions.clear();
  }

  #create(channel: string, since?: string): Subscription {
    const subscription = new Subscription(channel, since || this.#stored[channel]);
    delete this.#stored[channel];
    this.#subscriptions.set(channel, subscription);
    return subscription;
  }

  #waiting(): Subscription[] {
    return Array.from(this.#subscriptions.values()).filter((subscription) => {
      if (subscription.phase !== "waiting") return false;
      if (subscription.needsToken) this.#fetchToken(subscription);
      return !subscription.needsToken;
    });
  }

  #fetchToken(subscription: Subscription): void {
    subscription.phase = "asked";
    subscription.fetchToken().then(
      () => this.#again(subscription),
      (error) => {
        if (subscription.phase === "asked") this.#refused(subscription, errorOf(error));
      },
    );
  }

  #again(subscription: Subscription): void {
    subscription.phase = "waiting";
    this.#flushSoon();
  }

  /** Pages ask for their channels one by one; one frame takes them all. */
  #flushSoon(): void {
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
    const asked = this.#waiting().slice(0, frame);
    if (asked.length === 0) return;
    const items = asked.map((subscription) => subscription.request());
    for (const subscription of asked) subscription.phase = "asked";
    session.ask<SubscribeManyReply>(
      "subscribe",
      items,
      answerPatience,
      ({ results }) => {
        if (session !== this.#session) return;
        results.forEach((result, index) => {
          const subscription = asked[index];
          if (subscription && this.#subscriptions.get(subscription.channel) === subscription) {
            this.#settle(subscription.channel, result);
          }
        });
        this.#flush();
      },
      (error: TideError) => {
        if (session === this.#session) this.#failed(asked, error);
      },
    );
  }

  #failed(asked: Subscription[], error: TideError): void {
    for (const subscription of asked) {
      if (subscription.phase === "asked") subscription.phase = "waiting";
    }
    if (error.code === "timeout") this.#events.silent();
    this.#retry.set(error.after || retryPause, () => this.#flush());
  }

  /** A channel that came with the token, or one whose page left while the handshake was under way. */
  #settleUnknown(reply: SubscribeReply): void {
    if (this.#resumed.indexOf(reply.channel) >= 0) {
      this.#leave(reply.channel);
      return;
    }
    this.#create(reply.channel).origin = "own";
    this.#settle(reply.channel, reply);
  }

  #settle(channel: string, result: Result): void {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    if (!result.ok) {
      this.#refused(subscription, new TideError(result.error));
      return;
    }
    if (result.recovered === false) this.#events.reset(channel);
    subscription.answer(result, (message) => this.#deliver(subscription, message));
    this.#events.moved();
    if (subscription.phase === "live") {
      this.#events.live(subscription);
      this.#events.settled();
    } else this.#flushSoon();
  }

  #refused(subscription: Subscription, error: TideError): void {
    if (error.code === "gap" || subscription.mayRenew(error)) {
      this.#again(subscription);
    } else if (error.retryable) {
      subscription.phase = "waiting";
      this.#retry.set(error.after || retryPause, () => this.#flush());
    } else {
      this.#drop(subscription, error);
    }
  }

  #drop(subscription: Subscription, error: TideError): void {
    subscription.refuse(error);
    if (subscription.holders.size === 0) this.#subscriptions.delete(subscription.channel);
    this.#events.settled();
  }

  #advance(subscription: Subscription, position: string | undefined): boolean {
    const step = subscription.advance(position);
    if (step === "gap" && subscription.phase === "live") this.#again(subscription);
    if (step === "next") this.#events.moved();
    return step === "next";
  }

  #deliver(subscription: Subscription, message: Message): void {
    if (this.#events.isSilent(message.id)) return;
    for (const holder of Array.from(subscription.holders)) holder.message(message);
    this.#events.message(message);
  }

  #leave(channel: string): void {
    this.#session?.request("unsubscribe", { channel }, answerPatience).catch(ignore);
  }
}

function ignore(): void {}
