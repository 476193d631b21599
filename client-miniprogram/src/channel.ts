/*
 * What a page holds of a channel. Tide makes one for each `channel()` call; the page listens to it and closes it. It
 * keeps no state of its own: two pages with the same channel share one Subscription, which is what the gateway knows
 * of.
 */

import { Emitter } from "./emitter.ts";
import { failure, type TideError } from "./errors.ts";
import type { Published, PublishOptions } from "./outbox.ts";
import { isChannelName, isPosition } from "./position.ts";
import type { HistoryReply, Message, PresenceUser } from "./protocol.ts";
import type { Holder, Subscription } from "./subscription.ts";
import type { TokenSource } from "./token-source.ts";

export interface ChannelOptions {
  /** Keep `presence` in step. */
  presence?: boolean;
  /** `start` for what the history holds, or the position after which to begin; from now on where absent. */
  since?: string;
  /** A channel token, or what fetches one. */
  token?: TokenSource;
}

export interface ChannelEvents<Data> {
  message: [message: Message<Data>];
  /** What was missed cannot be had any more: reload the state. */
  reset: [];
  presence: [users: readonly PresenceUser[]];
  /** The gateway refuses the channel, or its presence. */
  error: [error: TideError];
}

export interface HistoryQuery {
  since?: string;
  limit?: number;
  /** The newest first. */
  reverse?: boolean;
}

/** What a channel may do with the client that it belongs to. */
export interface ChannelPort {
  hold(holder: Holder): Subscription;
  release(subscription: Subscription, holder: Holder): void;
  publish(data: unknown, options: PublishOptions): Promise<Published>;
  history(query: HistoryQuery): Promise<HistoryReply>;
}

/** A page's view of a channel. Pages that ask for the same channel share one subscription. */
export class Channel<Data = unknown> extends Emitter<ChannelEvents<Data>> {
  readonly name: string;
  readonly #port: ChannelPort;
  readonly #holder: Holder;
  readonly #subscription: Subscription;
  #closed = false;

  constructor(name: string, options: ChannelOptions, port: ChannelPort) {
    super();
    check(name, options);
    this.name = name;
    this.#port = port;
    this.#holder = {
      message: (message) => this.emit("message", message as Message<Data>),
      reset: () => this.emit("reset"),
      presence: () => this.emit("presence", this.presence),
      error: (error) => this.emit("error", error),
    };
    this.#subscription = port.hold(this.#holder);
  }

  /** Who is in the channel; empty unless asked for with `presence: true`. */
  get presence(): readonly PresenceUser[] {
    return this.#subscription.roster?.users || [];
  }

  /** `epoch:offset` of the last message that was delivered; undefined on a channel without history. */
  get position(): string | undefined {
    return this.#subscription.position;
  }

  /**
   * Resolves when the message is stored; until then it is sent again as often as it takes, and arrives once.
   *
   * @throws TideError, as a rejection: `timeout` where it may or may not have been published
   */
  publish(data: Data, options: PublishOptions = {}): Promise<Published> {
    return this.#port.publish(data, options);
  }

  /** Reads older messages, once there is a connection. @throws TideError, as a rejection: why there is none within 10 s */
  history(query: HistoryQuery = {}): Promise<HistoryReply<Data>> {
    return this.#port.history(query) as Promise<HistoryReply<Data>>;
  }

  /** The page is done with the channel. The subscription ends with its last page. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.removeAll();
    this.#port.release(this.#subscription, this.#holder);
  }
}

/** One wrong entry would cost the whole handshake, and all other channels with it. */
function check(name: unknown, { since, token }: ChannelOptions): void {
  const wrong = (what: string) => failure("bad_request", `channel(): ${what}.`);
  if (!isChannelName(name)) throw wrong("the name is a text of 1 to 255 bytes, without spaces");
  if (since !== undefined && !isPosition(since)) throw wrong("`since` is `start` or a position");
  if (token !== undefined && typeof token !== "string" && typeof token !== "function") {
    throw wrong("`token` is a text or a function that fetches one");
  }
}
