/*
 * One channel in memory: whether somebody subscribes, its history, the keys of publications that must not be repeated.
 * MemoryBroker makes it at the first use and drops it when it is empty.
 */

import { completePacket } from "../../protocol/packet.ts";
import type { Position } from "../../protocol/position.ts";
import type { DeliverySink, Draft, Receipt, Retention } from "../ports.ts";
import { ChannelHistory } from "./history.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";

/** What became of a draft. `deliver` is there where somebody is to receive it; it may lead to the next publication. */
export interface PublishOutcome {
  receipt: Receipt;
  deliver?: () => void;
}

/** All that memory holds of one channel. */
export class MemoryChannel {
  /** There while the channel is subscribed to. */
  #sink: DeliverySink | undefined;
  #history: ChannelHistory | undefined;
  /** Made with the first key: most channels, each user's own among them, never see one. */
  #uses: IdempotencyKeys | undefined;

  /** Whether there is nothing left to remember. */
  get empty(): boolean {
    return !this.#sink && !this.#history && (this.#uses?.size ?? 0) === 0;
  }

  /** @returns milliseconds on the clock after which `forget` has something to do. */
  get dueAt(): number {
    const historyDueAt = this.#history?.dueAt(this.#sink !== undefined) ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#uses?.dueAt ?? Number.POSITIVE_INFINITY, historyDueAt);
  }

  /** Drops what is too old. The counter stays while the channel is subscribed. */
  forget(now: number): void {
    this.#uses?.forget(now);
    if (!this.#sink && this.#history?.isOver(now)) this.#history = undefined;
    this.#history?.dropAged(now);
  }

  /** @returns with retention, where the channel stands */
  subscribe(now: number, retention: Retention | undefined, sink: DeliverySink): Position | undefined {
    this.#sink = sink;
    return retention && this.history(now, retention).top;
  }

  unsubscribe(now: number): void {
    this.#sink = undefined;
    this.#history?.touch(now);
  }

  /** The history, which exists from now on. */
  history(now: number, retention: Retention): ChannelHistory {
    this.#history ??= new ChannelHistory(retention, now);
    this.#history.touch(now, retention);
    return this.#history;
  }

  accept(draft: Draft, now: number): PublishOutcome {
    const key = draft.idempotencyKey;
    const firstUse = key === undefined ? undefined : this.#uses?.find(key, now);
    if (firstUse) return { receipt: receiptOf(firstUse.position, true) };
    const { packet, position } = this.#store(draft, now);
    if (key !== undefined) {
      this.#uses ??= new IdempotencyKeys();
      this.#uses.add(key, position, now);
    }
    const receipt = receiptOf(position, false);
    const sink = this.#sink;
    if (!sink) return { receipt };
    const { channel, attachments, except } = draft;
    const delivery = { channel, packet, attachments, except };
    return { receipt, deliver: () => sink.receive(position ? { ...delivery, position } : delivery) };
  }

  #store(draft: Draft, now: number): { packet: string; position: Position | undefined } {
    if (!draft.retention) return { packet: completePacket(draft.head, undefined), position: undefined };
    const history = this.history(now, draft.retention);
    const position = history.advance();
    const packet = completePacket(draft.head, position);
    history.add(position, packet, draft.attachments, now);
    return { packet, position };
  }
}

function receiptOf(position: Position | undefined, repeated: boolean): Receipt {
  return position ? { position, repeated } : { repeated };
}
