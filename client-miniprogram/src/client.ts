/*
 * Tide, what `connect` returns: it puts the parts together and hands events from one to the other. SessionKeeper has
 * the connection, Recovery the channels, Outbox the publications, PresenceReader who is there. None of these knows
 * another.
 */

import { Channel, type ChannelOptions, type HistoryQuery } from "./channel.ts";
import { Emitter } from "./emitter.ts";
import { failure, type TideError } from "./errors.ts";
import { watchLifecycle } from "./lifecycle.ts";
import type { ClientParts } from "./options.ts";
import { Outbox, type Published, type PublishOptions } from "./outbox.ts";
import { isPresence, PresenceReader } from "./presence-reader.ts";
import type { HistoryReply, Message, PresenceChange, SubscribeReply, Unsubscribed } from "./protocol.ts";
import { Recovery, type RecoveryEvents } from "./recovery.ts";
import { SessionKeeper, type SessionKeeperEvents, type State } from "./session-keeper.ts";

declare const console: { warn(text: string): void } | undefined;

export interface TideEvents {
  /** `reason` says why it is not online, where there is a cause; `reason.retryable` whether waiting may help. */
  state: [state: State, reason: TideError | undefined];
  /** Every message of every channel, those of the user's own channel included. */
  message: [message: Message];
  /** A channel could not be continued. */
  reset: [channel: string];
  /** The gateway refuses a channel, or its presence. */
  error: [error: TideError, channel: string];
  /** An event that a backend sends by a name of its own. */
  event: [name: string, args: unknown[]];
}

/** A page of history is as much as the page asks for, on whatever link. */
const historyPatience = 60_000;
/** A backend has 5 s at most, and the way there and back some more. */
const requestPatience = 20_000;

/** The app's connection to a gateway, over as many sockets in turn as it needs. */
export class Tide extends Emitter<TideEvents> {
  /** The user's id, once the gateway has said it. */
  user: string | undefined;
  readonly #parts: ClientParts;
  readonly #keeper: SessionKeeper;
  readonly #recovery: Recovery;
  readonly #outbox: Outbox;
  readonly #presence = new PresenceReader(
    () => this.#keeper.online,
    (channel, error, heard) => this.#refused(channel, error, heard),
  );
  readonly #unwatch: () => void;
  /** Refusals that nobody listened to, each written once. */
  readonly #warned = new Set<string>();
  #closed = false;

  constructor(parts: ClientParts) {
    super();
    const { clock, host, storage, outbox: limits } = parts;
    this.#parts = parts;
    this.#outbox = new Outbox({
      clock,
      limits,
      session: () => this.#keeper.online,
      mustWait: (channel) => this.#recovery.isPending(channel),
      silent: () => this.#keeper.verify(),
    });
    this.#recovery = new Recovery(this.#recoveryEvents(), clock, storage);
    this.#keeper = this.#createKeeper();
    this.#unwatch = watchLifecycle(host, {
      hide: () => this.suspend(),
      show: () => this.resume(),
      network: (connected) => this.#keeper.network(connected),
    });
    this.#keeper.connect();
  }

  get state(): State {
    return this.#keeper.state;
  }

  /** Why it is not online: the newest failure, in every state that has one; undefined while all is well. */
  get reason(): TideError | undefined {
    return this.#keeper.reason;
  }

  /**
   * A page's view of a channel, subscribed to from here on.
   *
   * @typeParam Data what the channel's messages carry
   * @throws TideError `bad_request` where the name or an option is of a form that no gateway takes
   */
  channel<Data = unknown>(name: string, options: ChannelOptions = {}): Channel<Data> {
    return new Channel<Data>(name, options, {
      hold: (holder) => {
        const subscription = this.#recovery.hold(name, holder, options);
        if (options.presence) this.#presence.follow(subscription, holder);
        return subscription;
      },
      release: (subscription, holder) => this.#recovery.release(subscription, holder),
      publish: (data, publishOptions) => this.publish(name, data, publishOptions),
      history: (query) => this.#history(name, query),
    });
  }

  /** Publishes to a channel, subscribed to or not; as `Channel.publish`. */
  publish(channel: string, data: unknown, options: PublishOptions = {}): Promise<Published> {
    const refusal = this.state === "refused" && this.reason;
    const obstacle = this.#closed ? failure("disconnected", "The client is closed.") : refusal;
    return obstacle ? Promise.reject(obstacle) : this.#outbox.publish(channel, data, options);
  }

  /**
   * Asks the backend, by an event of its own; nothing is sent again.
   *
   * @typeParam Answer what the backend says; undefined where it has nothing to say
   * @throws TideError, as a rejection: the backend's refusal, `no_handler` where none is asked, `unavailable` where there is
   * no connection, `timeout` where it may or may not have been asked
   */
  request<Answer = unknown>(event: string, data?: unknown): Promise<Answer> {
    return this.#ask<{ data: Answer }>(event, data, requestPatience).then((reply) => reply.data);
  }

  /** Tries to connect now; after `refused` with a new login. */
  retry(): void {
    if (!this.#closed) this.#keeper.retry();
  }

  /** The app goes to the background. The client calls this itself where the host reports that, which it does not in plugins. */
  suspend(): void {
    if (this.#closed) return;
    this.#keeper.hide();
    this.#recovery.save();
  }

  /** The app is back. */
  resume(): void {
    if (!this.#closed) this.#keeper.show();
  }

  /** Ends the connection. What waits to be published is rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    this.#keeper.close();
    this.#recovery.stop();
    this.#outbox.fail(failure("disconnected", "The client was closed."));
    this.removeAll();
    this.#parts.onClosed();
  }

  #recoveryEvents(): RecoveryEvents {
    return {
      isSilent: (id) => this.#outbox.isSilent(id),
      message: (message) => this.emit("message", message),
      reset: (channel) => this.emit("reset", channel),
      live: (subscription) => this.#presence.read(subscription),
      refused: (channel, error, heard) => this.#refused(channel, error, heard),
      log: this.#parts.log,
      settled: () => this.#outbox.flush(),
      silent: () => this.#keeper.verify(),
    };
  }

  #refused(channel: string, error: TideError, heard: boolean): void {
    const key = `${error.code} ${channel}`;
    if (this.emit("error", error, channel) || heard || this.#warned.has(key)) return;
    this.#warned.add(key);
    warn(`tidegate: the channel ${channel} is refused, ${error.code}: ${error.message}`);
  }

  #createKeeper(): SessionKeeper {
    const { clock, host, open, address, login, log } = this.#parts;
    const events: SessionKeeperEvents = {
      resume: () => this.#recovery.resume(),
      online: (session, welcome) => {
        this.user = welcome.user;
        this.#recovery.online(session, welcome);
        this.#outbox.flush();
      },
      event: (name, args) => this.#receive(name, args),
      lost: () => this.#recovery.lost(),
      state: (state, reason) => {
        if (state === "refused" && reason) this.#outbox.fail(reason);
        this.emit("state", state, reason);
      },
    };
    const suspendAfter = host?.suspendAfter ?? 5_000;
    return new SessionKeeper({ open, address, login, clock, suspendAfter, log, events });
  }

  #history(channel: string, query: HistoryQuery): Promise<HistoryReply> {
    return this.#ask("history", Object.assign({ channel }, query), historyPatience);
  }

  #ask<Reply>(event: string, payload: unknown, patience: number): Promise<Reply> {
    return this.#keeper.whenOnline().then((session) => session.request<Reply>(event, payload, patience));
  }

  #receive(name: string, args: unknown[]): void {
    const [payload] = args;
    if (name === "message") this.#recovery.message(payload as Message);
    else if (name === "position") {
      const { channel, position } = payload as { channel: string; position: string };
      this.#recovery.passed(channel, position);
    } else if (name === "subscribed") this.#recovery.granted(payload as SubscribeReply);
    else if (name === "granted") {
      const { channel, token } = payload as SubscribeReply;
      const known = this.#recovery.get(channel);
      if (known) known.grant = token;
    } else if (name === "unsubscribed") this.#recovery.unsubscribed(payload as Unsubscribed);
    else if (isPresence(name)) {
      const change = payload as PresenceChange;
      this.#presence.changed(this.#recovery.get(change.channel), name, change);
    } else this.emit("event", name, args);
  }
}

function warn(text: string): void {
  // Not all hosts have a console.
  if (typeof console !== "undefined" && console) console.warn(text);
}
