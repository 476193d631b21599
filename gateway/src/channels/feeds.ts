import type { Broker, Delivery } from "../backplane/ports.ts";
import type { Position } from "../protocol/position.ts";
import { Feed } from "./feed.ts";
import type { ChannelPolicy } from "./rules.ts";

/** The room of a channel on this node. */
export interface Rooms {
  /** Sends a message to the room's members. */
  deliver(delivery: Delivery, conflate?: number): void;
  /** Joins a connection that has just been told where the channel stands. */
  join(connection: string, channel: string): void;
  leave(connection: string, channel: string): void;
  /** Tells when a room gets its first member, and when its last one has left. */
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
  users: number;
  ready: Promise<void>;
}

/** Milliseconds until a room is tried again that could not be heard. */
const retryAfter = 1_000;

/**
 * The channels that this node hears: each is subscribed once, for as long as anybody here needs it, or is in
 * its room: emitters put sockets into rooms that nobody has subscribed to.
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

  /** Each feed that is opened is released once. */
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

  /** The sink of the broker. */
  receive(delivery: Delivery): void {
    const feed = this.#entries.get(delivery.channel)?.feed;
    if (!feed?.advance(delivery)) return;
    // Only values take each other's place; a presence event is none.
    this.#options.rooms.deliver(delivery, delivery.position && feed.policy.conflate);
  }

  /** Deliveries of the channel are lost: they go on behind the position, and so does whoever joins from now on. */
  lost(channel: string, resumed: Position): void {
    this.#entries.get(channel)?.feed.lose(resumed);
  }

  #hear(channel: string, policy: ChannelPolicy): OpenFeed {
    const feed = new Feed(channel, policy);
    const entry = { feed, users: 0, ready: this.#subscribe(feed) };
    this.#entries.set(channel, entry);
    this.#insist(entry);
    return entry;
  }

  async #subscribe(feed: Feed): Promise<void> {
    const position = await this.#options.broker.subscribe(feed.channel, feed.policy.history);
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

  /** Who asked to hear the channel is told of a failure; who was put into its room cannot be. */
  #insist(entry: OpenFeed): void {
    entry.ready.catch(() => {
      if (entry.feed.occupied) setTimeout(() => this.#retry(entry), retryAfter).unref();
    });
  }

  #retry(entry: OpenFeed): void {
    if (this.#entries.get(entry.feed.channel) !== entry) return;
    entry.ready = this.#subscribe(entry.feed);
    this.#insist(entry);
  }

  #settle({ feed, users }: OpenFeed): void {
    if (users > 0 || feed.occupied) return;
    this.#entries.delete(feed.channel);
    this.#options.broker.unsubscribe(feed.channel);
  }
}
