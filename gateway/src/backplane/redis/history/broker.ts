import { messageOf } from "../../../protocol/packet.ts";
import type { Position } from "../../../protocol/position.ts";
import type {
  Broker,
  Draft,
  HistoryEntry,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  Receipt,
  Retention,
} from "../../ports.ts";
import type { Keys } from "../keys.ts";
import { scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import { makeNonce, readHistory, type StoredPacket } from "./history-reader.ts";
import { Publications } from "./publications.ts";

/** Channels in Redis. A publication comes back to this node like to every other, by its subscription. */
export class RedisBroker implements Broker {
  readonly #shards: Shards;
  readonly #keys: Keys;
  readonly #publications: Publications;

  constructor({ shards, keys }: { shards: Shards; keys: Keys }) {
    this.#shards = shards;
    this.#keys = keys;
    this.#publications = new Publications({ shards, keys });
  }

  publish(draft: Draft): Promise<Receipt> {
    return this.#publications.add(draft);
  }

  subscribe(channel: string, retention: Retention | undefined): Promise<Position | undefined> {
    if (!this.#keys.hasPlace(channel)) return Promise.resolve(undefined);
    return this.#shards.of(channel).topics.subscribe(channel, retention);
  }

  unsubscribe(channel: string): void {
    if (this.#keys.hasPlace(channel)) this.#shards.of(channel).pubsub.remove(this.#keys.room(channel));
  }

  async read(reads: readonly HistoryRead[], budget: ReadBudget): Promise<HistoryPage[]> {
    this.#publications.flush();
    const pages = await readHistory((channel) => this.#shards.of(channel).redis, this.#keys, reads, budget);
    return pages.map((page) => ({ ...page, entries: page.entries.map(entryOf) }));
  }

  async clear(channel: string, retention: Retention): Promise<void> {
    this.#publications.flush();
    const keys = [this.#keys.counter(channel), this.#keys.stream(channel)];
    await this.#shards.of(channel).redis.run(scripts.clear, keys, [makeNonce(), retention.ttl]);
  }
}

function entryOf({ position, packet, attachments }: StoredPacket): HistoryEntry {
  return { position, message: messageOf(packet.toString()), attachments };
}
