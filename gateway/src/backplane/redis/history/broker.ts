/*
 * The Broker port on Redis: the channels room calls it, and it puts together the queue of publications, the history and
 * the subscriptions. It delivers nothing itself: a publication comes back to this node by its subscription, as to every
 * other, or the nodes would see the messages of a channel in different orders.
 */

import { messageOf } from "../../../protocol/packet.ts";
import type { Position } from "../../../protocol/position.ts";
import type {
  Broker,
  DeliverySink,
  Draft,
  HistoryEntry,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  Receipt,
  Retention,
} from "../../ports.ts";
import type { Keys } from "../keys.ts";
import { makeNonce, scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import type { Telling } from "../tidings/telling.ts";
import { readHistory, type StoredPacket } from "./history-reader.ts";
import { PublishQueue } from "./publish-queue.ts";

/** What is published in a turn leaves before anything else that is asked of the same channel. */
export class RedisBroker implements Broker {
  readonly #shards: Shards;
  readonly #keys: Keys;
  readonly #queue: PublishQueue;
  /** The queue's own: every publication comes through here, and a function between the two would do nothing. */
  readonly publish: (draft: Draft) => Promise<Receipt>;

  constructor({ shards, keys, telling }: { shards: Shards; keys: Keys; telling: Telling }) {
    this.#shards = shards;
    this.#keys = keys;
    this.#queue = new PublishQueue({ shards, keys, telling });
    this.publish = this.#queue.add.bind(this.#queue);
  }

  /** One without a pub/sub channel can be published to, and nobody receives it: no name of a client's channel is so. */
  subscribe(
    channel: string,
    retention: Retention | undefined,
    sink: DeliverySink,
  ): Promise<Position | undefined> {
    if (!this.#keys.hasPubSubChannel(channel)) return Promise.resolve(undefined);
    return this.#shards.of(channel).topics.subscribe(channel, retention, sink);
  }

  unsubscribe(channel: string): void {
    if (this.#keys.hasPubSubChannel(channel))
      this.#shards.of(channel).pubsub.remove(this.#keys.room(channel));
  }

  /** What this node published before is stored before, so that whoever publishes and then reads finds it. */
  async read(reads: readonly HistoryRead[], budget: ReadBudget): Promise<HistoryPage[]> {
    await this.#queue.sent();
    const pages = await readHistory((channel) => this.#shards.of(channel).reads, this.#keys, reads, budget);
    return pages.map((page) => ({ ...page, entries: page.entries.map(entryOf) }));
  }

  async clear(channel: string, retention: Retention): Promise<void> {
    this.#queue.flush();
    const keys = [this.#keys.counter(channel), this.#keys.stream(channel)];
    await this.#shards.of(channel).redis.run(scripts.clear, keys, [makeNonce(), retention.ttl]);
  }
}

function entryOf({ position, packet, attachments }: StoredPacket): HistoryEntry {
  return { position, message: messageOf(packet.toString()), attachments };
}
