/*
 * Owns the node's subscriptions at the broker: one for each channel that somebody here needs. `subscriptions.ts` opens
 * and releases feeds; the broker delivers to each feed itself. A feed that is never released keeps its channel subscribed for
 * as long as the node runs; one that is released too early leaves a room without messages.
 */

import type { Broker } from "../backplane/ports.ts";
import type { Position } from "../protocol/position.ts";
import { Feed, type RoomSender } from "./feed.ts";
import type { ChannelPolicy } from "./rules.ts";

/** The room of a channel on this node. */
export interface Rooms extends RoomSender {
  /** Joins a connection in the step in which it was sent the channel's position. */
  join(connection: string, channel: string): void;
  leave(connection: string, channel: string): void;
  /** Reports when a room gets its first member, and when its last one has left. */
  watch(watcher: { opened(room: string): void; closed(room: string): void }): void;
}

export interface FeedsOptions {
  broker: Pick<Broker, "subscribe" | "unsubscribe">;
  rooms: Rooms;
  /** Of any room, those included that no client could subscribe to. */
  policyOf(room: string): ChannelPolicy;
}

interface OpenFeed {
  feed: Feed;
  /** Those who have opened it and have not released it: joins that are under way, and subscriptions. */
  users: number;
  /** Resolves once the broker has subscribed to the channel. */
  ready: Promise<void>;
}

/** Milliseconds until the node tries again to subscribe to the channel of a room that has members. */
const retryAfter = 1_000;

/**
 * The channels that this node subscribes to: each once, for as long as anybody here needs it or is in its room.
 * Emitters put sockets into rooms that no client has subscribed to, so both count.
 */
export class Feeds {
  readonly #entries = new Map<string, OpenFeed>();
  readonly #options: FeedsOptions;

  constructor(options: FeedsOptions) {
    this.#options = options;
    options.rooms.watch({ opened: (room) => this.#occupy(room), closed: (room) => this.#vacate(room) });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The channels with somebody in their rooms. What opens or closes while they are gone through may be among them. */
  *occupied(): Iterable<Feed> {
    for (const { feed } of this.#entries.values()) if (feed.occupied) yield feed;
  }

  /**
   * Resolves once every later message of the channel reaches the feed. Whoever opens a feed releases it once.
   *
   * @throws Failure `unavailable`, and then there is nothing to release
   */
  async open(channel: string, policy: ChannelPolicy): Promise<Feed> {
    const entry = this.#entries.get(channel) ?? this.#hear(channel, policy);
    entry.users += 1;
    try {
      await entry.ready;
    } catch (error) {
      this.release(entry.feed);
      throw error;
    }
    return entry.feed;
  }

  release(feed: Feed): void {
    const entry = this.#entries.get(feed.channel);
    if (entry?.feed !== feed) return;
    entry.users -= 1;
    this.#settle(entry);
  }

  join(feed: Feed, connection: string): void {
    this.#options.rooms.join(connection, feed.channel);
  }

  leave(feed: Feed, connection: string): void {
    this.#options.rooms.leave(connection, feed.channel);
  }

  /** Deliveries of the channel are lost. The next ones come after the position, and whoever joins begins there. */
  lost(channel: string, resumed: Position): void {
    this.#entries.get(channel)?.feed.lose(resumed);
  }

  #hear(channel: string, policy: ChannelPolicy): OpenFeed {
    const feed = new Feed(channel, policy, this.#options.rooms);
    const entry = { feed, users: 0, ready: this.#subscribe(feed) };
    this.#entries.set(channel, entry);
    this.#insist(entry);
    return entry;
  }

  async #subscribe(feed: Feed): Promise<void> {
    const position = await this.#options.broker.subscribe(feed.channel, feed.policy.history, feed);
    if (position) feed.begin(position);
  }

  #occupy(room: string): void {
    const { feed } = this.#entries.get(room) ?? this.#hear(room, this.#options.policyOf(room));
    feed.occupied = true;
  }

  #vacate(room: string): void {
    const entry = this.#entries.get(room);
    if (!entry) return;
    entry.feed.occupied = false;
    this.#settle(entry);
  }

  /** A join gets the error of its `open`. A socket that an emitter put into the room cannot, so the node tries again. */
  #insist(entry: OpenFeed): void {
    entry.ready.catch(() => {
      if (entry.feed.occupied) setTimeout(() => this.#retry(entry), retryAfter).unref();
    });
  }

  #retry(entry: OpenFeed): void {
    // The room may have emptied meanwhile, and another feed of the channel may have been opened since.
    if (this.#entries.get(entry.feed.channel) !== entry) return;
    entry.ready = this.#subscribe(entry.feed);
    this.#insist(entry);
  }

  /** Unsubscribes from the channel once nobody needs its feed any more. */
  #settle({ feed, users }: OpenFeed): void {
    if (users > 0 || feed.occupied) return;
    this.#entries.delete(feed.channel);
    this.#options.broker.unsubscribe(feed.channel);
  }
}
