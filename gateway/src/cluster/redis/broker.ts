import { messageOf } from "../../protocol/packet.ts";
import type {
  Broker,
  Draft,
  HistoryEntry,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  Receipt,
  Retention,
} from "../ports.ts";
import type { Keys } from "./keys.ts";
import { makeNonce, readPast, type StoredPacket } from "./past.ts";
import { scripts } from "./scripts.ts";
import type { Shards } from "./shards.ts";
import { encodeParts, noParts } from "./wire.ts";

/** Milliseconds for which an idempotency key is known. */
const keyLifetime = 5 * 60_000;

/** What the script `publish` returns. */
type RawReceipt = [repeated: number, epoch?: Buffer, offset?: number];

/** Channels in Redis. A publication comes back to this node like to every other, by its subscription. */
export class RedisBroker implements Broker {
  readonly #shards: Shards;
  readonly #keys: Keys;

  constructor({ shards, keys }: { shards: Shards; keys: Keys }) {
    this.#shards = shards;
    this.#keys = keys;
  }

  async publish(draft: Draft): Promise<Receipt> {
    const { channel, head, attachments, except, retention, idempotencyKey } = draft;
    const keys = [this.#keys.counter(channel), this.#keys.stream(channel)];
    if (idempotencyKey !== undefined) keys.push(this.#keys.idempotency(channel, idempotencyKey));
    const args = [
      this.#keys.publish,
      this.#keys.room(channel),
      except.length > 0 ? encodeParts(except.map((one) => Buffer.from(one))) : noParts,
      attachments.length > 0 ? encodeParts(attachments) : noParts,
      head,
      makeNonce(),
      retention?.size ?? "",
      retention?.ttl ?? "",
      keyLifetime,
    ];
    const receipt = (await this.#shards.of(channel).line.run(scripts.publish, keys, args)) as RawReceipt;
    const [repeated, epoch, offset] = receipt;
    if (epoch === undefined || offset === undefined) return { repeated: repeated === 1 };
    return { position: { epoch: epoch.toString(), offset }, repeated: repeated === 1 };
  }

  subscribe(channel: string, retention: Retention | undefined): Promise<void> {
    return this.#shards.of(channel).topics.subscribe(channel, retention);
  }

  unsubscribe(channel: string): void {
    this.#shards.of(channel).topics.unsubscribe(channel);
  }

  async read(reads: readonly HistoryRead[], budget: ReadBudget): Promise<HistoryPage[]> {
    const pages = await readPast((channel) => this.#shards.of(channel).line, this.#keys, reads, budget);
    return pages.map((page) => ({ ...page, entries: page.entries.map(entryOf) }));
  }

  async clear(channel: string, retention: Retention): Promise<void> {
    const keys = [this.#keys.counter(channel), this.#keys.stream(channel)];
    await this.#shards.of(channel).line.run(scripts.clear, keys, [makeNonce(), retention.ttl]);
  }
}

function entryOf({ position, packet, attachments }: StoredPacket): HistoryEntry {
  return { position, message: messageOf(packet.toString()), attachments };
}
