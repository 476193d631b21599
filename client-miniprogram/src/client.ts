import { Channel, type ChannelOptions, type HistoryQuery } from "./channel.ts";
import { Emitter } from "./emitter.ts";
import { failure, type TideError } from "./errors.ts";
import { watchLifecycle } from "./lifecycle.ts";
import { Line, type LineEvents, type State } from "./line.ts";
import type { Login } from "./login.ts";
import type { ClientParts } from "./options.ts";
import { Outbox, type Published, type PublishOptions } from "./outbox.ts";
import { Roster } from "./presence.ts";
import type {
  HistoryReply,
  Message,
  PresenceChange,
  PresenceEvent,
  PresenceReply,
  SubscribeReply,
  Unsubscribed,
} from "./protocol.ts";
import { Recovery, type RecoveryEvents } from "./recovery.ts";
import { PositionStore } from "./storage.ts";
import type { Holder, Subscription } from "./subscription.ts";

export interface TideEvents {
  /** `reason` says why the gateway refused. */
  state: [state: State, reason: TideError | undefined];
  /** Every message of every channel, those of the user's own channel included. */
  message: [message: Message];
  /** A channel could not be continued. */
  reset: [channel: string];
  /** An event that a backend sends by a name of its own. */
  event: [name: string, args: unknown[]];
}

const requestPatience = 10_000;
const presencePage = 200;

/** The app's one connection, whichever sockets it takes. */
export class Tide extends Emitter<TideEvents> {
  /** The user's id, once the gateway has said it. */
  user: string | undefined;
  readonly #parts: ClientParts;
  readonly #line: Line;
  readonly #recovery: Recovery;
  readonly #outbox: Outbox;
  readonly #store: PositionStore | undefined;
  readonly #unwatch: () => void;
  #closed = false;

  constructor(parts: ClientParts, login: Login) {
    super();
    const { clock, host, storageKey: key } = parts;
    this.#parts = parts;
    if (key !== undefined) {
      this.#store = new PositionStore({ host, key, clock, collect: () => this.#recovery.collect() });
    }
    this.#outbox = new Outbox({
      clock,
      limits: parts.outbox,
      session: () => this.#line.online,
      mustWait: (channel) => isPending(this.#recovery.get(channel)),
      silent: () => this.#line.verify(),
    });
    this.#recovery = this.#createRecovery();
    this.#line = this.#createLine(login);
    this.#unwatch = watchLifecycle(host, {
      hide: () => this.suspend(),
      show: () => this.resume(),
      network: (connected) => this.#line.network(connected),
    });
    this.#line.connect();
  }

  get state(): State {
    return this.#line.state;
  }

  /** Why the state is `refused`. */
  get reason(): TideError | undefined {
    return this.#line.reason;
  }

  /**
   * A page's view of a channel, subscribed to from here on.
   *
   * @typeParam Data what the channel's messages carry
   */
  channel<Data = unknown>(name: string, options: ChannelOptions = {}): Channel<Data> {
    return new Channel<Data>(name, {
      hold: (holder) => this.#hold(name, holder, options),
      release: (subscription, holder) => this.#recovery.release(subscription, holder),
      publish: (data, publishOptions) => this.publish(name, data, publishOptions),
      history: (query) => this.#history(name, query),
    });
  }

  /** Publishes to a channel, subscribed to or not; as `Channel.publish`. */
  publish(channel: string, data: unknown, options: PublishOptions = {}): Promise<Published> {
    const obstacle = this.#closed ? failure("disconnected", "The client is closed.") : this.reason;
    return obstacle ? Promise.reject(obstacle) : this.#outbox.publish(channel, data, options);
  }

  /** Tries to connect now, whatever was in the way; also after `refused`, with a new login. */
  retry(): void {
    this.#line.retry();
  }

  /** The app goes to the background. Called by itself where the host tells of it, which it does not in plugins. */
  suspend(): void {
    this.#line.hide();
    this.#store?.save();
  }

  /** The app is back. */
  resume(): void {
    this.#line.show();
  }

  /** Ends the connection. What waits to be published is rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#store?.stop();
    this.#unwatch();
    this.#line.close();
    this.#recovery.stop();
    this.#outbox.fail(failure("disconnected", "The client was closed."));
    this.removeAll();
    this.#parts.onClosed();
  }

  #createRecovery(): Recovery {
    const stored = this.#store ? this.#store.load() : { own: [], positions: {} };
    const events: RecoveryEvents = {
      isSilent: (id) => this.#outbox.isSilent(id),
      message: (message) => this.emit("message", message),
      reset: (channel) => this.emit("reset", channel),
      live: (subscription) => this.#readPresence(subscription),
      settled: () => this.#outbox.flush(),
      moved: () => this.#store?.touch(),
      silent: () => this.#line.verify(),
    };
    return new Recovery(events, this.#parts.clock, stored);
  }

  #createLine(login: Login): Line {
    const { clock, host, open } = this.#parts;
    const events: LineEvents = {
      resume: () => this.#recovery.resume(),
      online: (session, welcome) => {
        this.user = welcome.user;
        this.#recovery.online(session, welcome);
        this.#outbox.flush();
      },
      event: (name, args) => this.#receive(name, args),
      lost: () => this.#recovery.lost(),
      state: (state, reason) => {
        if (reason) this.#outbox.fail(reason);
        this.emit("state", state, reason);
      },
    };
    return new Line({ open, login, clock, suspendAfter: host?.suspendAfter ?? 5_000, events });
  }

  #hold(name: string, holder: Holder, { presence, since, token }: ChannelOptions): Subscription {
    const subscription = this.#recovery.hold(name, holder, { since, token });
    if (presence && !subscription.roster) {
      subscription.roster = new Roster();
      if (subscription.phase === "live") this.#readPresence(subscription);
    }
    return subscription;
  }

  #history(channel: string, query: HistoryQuery): Promise<HistoryReply> {
    const session = this.#line.online;
    if (!session) return Promise.reject(failure("unavailable", "Not connected.", true));
    return session.request("history", Object.assign({ channel }, query), requestPatience);
  }

  #readPresence({ channel, roster, holders }: Subscription): void {
    const session = this.#line.online;
    if (!roster || !session) return;
    const tell = (say: (holder: Holder) => void) => Array.from(holders).forEach(say);
    roster
      .read((cursor) =>
        session.request<PresenceReply>("presence", { channel, limit: presencePage, cursor }, requestPatience),
      )
      .then(
        (complete) => complete && tell((holder) => holder.presence()),
        // Of a lost connection the next one makes up.
        (error: TideError) => session === this.#line.online && tell((holder) => holder.error(error)),
      );
  }

  #receive(name: string, args: unknown[]): void {
    const [payload] = args;
    if (name === "message") this.#recovery.message(payload as Message);
    else if (name === "position") {
      const { channel, position } = payload as { channel: string; position: string };
      this.#recovery.passed(channel, position);
    } else if (name === "subscribed") this.#recovery.granted(payload as SubscribeReply);
    else if (name === "unsubscribed") this.#recovery.unsubscribed(payload as Unsubscribed);
    else if (isPresence(name)) this.#presenceChanged(name, payload as PresenceChange);
    else this.emit("event", name, args);
  }

  #presenceChanged(event: PresenceEvent, change: PresenceChange): void {
    const subscription = this.#recovery.get(change.channel);
    if (!subscription?.roster?.apply(event, change)) return;
    for (const holder of Array.from(subscription.holders)) holder.presence();
  }
}

function isPending(subscription: Subscription | undefined): boolean {
  return subscription?.phase === "waiting" || subscription?.phase === "asked";
}

function isPresence(name: string): name is PresenceEvent {
  return name === "joined" || name === "left" || name === "away" || name === "back";
}
