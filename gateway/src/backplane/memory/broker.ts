/*
 * Publishes and keeps channels in this process. A channel is forgotten once nobody subscribes to it and nothing of it
 * is kept, or every name that was ever published to would stay in memory.
 */

import type { Position } from "../../protocol/position.ts";
import { Allowance } from "../allowance.ts";
import { ExpiryQueue } from "../expiry.ts";
import type {
  Broker,
  DeliverySink,
  Draft,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  Receipt,
  Retention,
} from "../ports.ts";
import { MemoryChannel } from "./channel.ts";

/** Hears of each message in the step that stores it. */
type OnStored = (draft: Draft, position: Position) => void;

/** Channels of one node in its own memory. Each call takes effect before it returns, deliveries included. */
export class MemoryBroker implements Broker {
  readonly #now: () => number;
  readonly #onStored: OnStored | undefined;
  readonly #channels = new Map<string, MemoryChannel>();
  readonly #expiries = new ExpiryQueue<string>();

  /** @param now milliseconds */
  constructor(now: () => number, onStored?: OnStored) {
    this.#now = now;
    this.#onStored = onStored;
  }

  /** Channels of which anything is remembered. */
  get size(): number {
    return this.#channels.size;
  }

  async publish(draft: Draft): Promise<Receipt> {
    const { receipt, deliver } = this.#use(draft.channel, (channel, now) => channel.accept(draft, now));
    const { position, repeated } = receipt;
    if (position && !repeated) this.#onStored?.(draft, position);
    deliver?.();
    return receipt;
  }

  async subscribe(
    channel: string,
    retention: Retention | undefined,
    sink: DeliverySink,
  ): Promise<Position | undefined> {
    return this.#use(channel, (used, now) => used.subscribe(now, retention, sink));
  }

  unsubscribe(channel: string): void {
    this.#use(channel, (used, now) => used.unsubscribe(now));
  }

  async read(reads: readonly HistoryRead[], budget: ReadBudget): Promise<HistoryPage[]> {
    const allowance = new Allowance(budget);
    return reads.map((read) =>
      this.#use(read.channel, (channel, now) => channel.history(now, read.retention).page(read, allowance)),
    );
  }

  async clear(channel: string, retention: Retention): Promise<void> {
    this.#use(channel, (used, now) => used.history(now, retention).clear());
  }

  /** Gives back the memory of what is too old. Reads ignore it already before; costs nothing where nothing is due. */
  sweep(): void {
    for (const name of this.#expiries.take(this.#now())) this.#use(name, () => {});
  }

  #use<Result>(name: string, act: (channel: MemoryChannel, now: number) => Result): Result {
    const now = this.#now();
    const channel = this.#channels.get(name) ?? new MemoryChannel();
    channel.forget(now);
    const result = act(channel, now);
    if (channel.empty) {
      this.#channels.delete(name);
    } else {
      this.#channels.set(name, channel);
      this.#expiries.schedule(name, channel.dueAt);
    }
    return result;
  }
}
