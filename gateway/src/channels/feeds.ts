import type { Broker, Delivery } from "../cluster/ports.ts";
import { Feed } from "./feed.ts";
import type { ChannelPolicy } from "./rules.ts";

/** The room of a channel on this node. */
export interface Rooms {
  /** Sends a message to the room's members. */
  deliver(delivery: Delivery, conflate?: number): void;
  /** Joins a connection that has just been told where the channel stands. */
  join(connection: string, channel: string): void;
  leave(connection: string, channel: string): void;
}

interface Entry {
  feed: Feed;
  users: number;
  ready: Promise<void>;
}

/** The channels that this node hears: each is subscribed once, for as long as anybody here needs it. */
export class Feeds {
  readonly #entries = new Map<string, Entry>();
  readonly #broker: Pick<Broker, "subscribe" | "unsubscribe">;
  readonly #rooms: Rooms;

  constructor(broker: Pick<Broker, "subscribe" | "unsubscribe">, rooms: Rooms) {
    this.#broker = broker;
    this.#rooms = rooms;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Each feed that is opened is released once. */
  async open(channel: string, policy: ChannelPolicy): Promise<Feed> {
    let entry = this.#entries.get(channel);
    if (!entry) {
      entry = {
        feed: new Feed(channel, policy),
        users: 0,
        ready: this.#broker.subscribe(channel, policy.history),
      };
      this.#entries.set(channel, entry);
    }
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
    if (entry.users > 0) return;
    this.#entries.delete(feed.channel);
    this.#broker.unsubscribe(feed.channel);
  }

  join(feed: Feed, connection: string): void {
    feed.members += 1;
    this.#rooms.join(connection, feed.channel);
  }

  leave(feed: Feed, connection: string): void {
    feed.members -= 1;
    this.#rooms.leave(connection, feed.channel);
  }

  /** The sink of the broker. */
  receive(delivery: Delivery): void {
    const feed = this.#entries.get(delivery.channel)?.feed;
    if (!feed?.advance(delivery)) return;
    // Only values take each other's place; a presence event is none.
    this.#rooms.deliver(delivery, delivery.position && feed.policy.conflate);
  }
}
