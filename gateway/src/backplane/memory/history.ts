/*
 * The counter and the newest messages of a channel in memory. It behaves as the Lua of `redis/history` does, by offset
 * and age, so that a client cannot see which of the two it talks to.
 */

import { messageOf } from "../../protocol/packet.ts";
import type { Position } from "../../protocol/position.ts";
import { randomText } from "../../random.ts";
import { type Allowance, bytesOf } from "../allowance.ts";
import type { HistoryEntry, HistoryPage, HistoryRead, ReadFrom, Retention } from "../ports.ts";

interface Stored {
  entry: HistoryEntry;
  /** Of the message and its attachments. */
  bytes: number;
  /** Milliseconds. */
  time: number;
}

/** Milliseconds after which the counter of a channel without a message ends, where nobody subscribes to it. */
const emptyLifetime = 90_000;

/** Stands for the messages of all channels that have none; never written to. */
const nothing = new Map<number, Stored>();

/** A channel's counter and its newest messages, whose offsets run without holes up to the counter. */
export class ChannelHistory {
  readonly #epoch = randomText(6, "hex");
  #offset = 0;
  /** By offset: an array would move all of a large window at each message that leaves it. */
  #stored: Map<number, Stored> = nothing;
  #retention: Retention;
  #touched: number;

  constructor(retention: Retention, now: number) {
    this.#retention = retention;
    this.#touched = now;
  }

  get top(): Position {
    return { epoch: this.#epoch, offset: this.#offset };
  }

  /** The offset of the oldest stored message; one above the top where none is stored. */
  get #oldest(): number {
    return this.#offset - this.#stored.size + 1;
  }

  /** Counts the lifetime of the counter from now on, and keeps by the newest rule. */
  touch(now: number, retention: Retention = this.#retention): void {
    this.#touched = now;
    this.#retention = retention;
    this.dropAged(now);
  }

  /** @returns the position of the next message, which `add` must follow. */
  advance(): Position {
    this.#offset += 1;
    return this.top;
  }

  /** @param packet the complete packet of the message that took `position`. */
  add(position: Position, packet: string, attachments: readonly Uint8Array[], now: number): void {
    const message = messageOf(packet);
    const bytes = bytesOf(message, attachments);
    if (this.#stored === nothing) this.#stored = new Map();
    this.#stored.set(position.offset, { entry: { position, message, attachments }, bytes, time: now });
    while (this.#stored.size > this.#retention.size) this.#stored.delete(this.#oldest);
  }

  clear(): void {
    this.#stored = nothing;
  }

  dropAged(now: number): void {
    let oldest = this.#stored.get(this.#oldest);
    while (oldest && now - oldest.time > this.#retention.ttl) {
      this.#stored.delete(this.#oldest);
      oldest = this.#stored.get(this.#oldest);
    }
  }

  /** Whether nobody asked for the counter for as long as its messages live; one without a message ends soon. */
  isOver(now: number): boolean {
    return now - this.#touched > this.#lifetime;
  }

  /** Milliseconds. */
  get #lifetime(): number {
    return this.#offset === 0 ? Math.min(emptyLifetime, this.#retention.ttl) : this.#retention.ttl;
  }

  /** @returns milliseconds on the clock after which there is something to drop. */
  dueAt(subscribed: boolean): number {
    const oldest = this.#stored.get(this.#oldest);
    const aged = oldest ? oldest.time + this.#retention.ttl : Number.POSITIVE_INFINITY;
    return subscribed ? aged : Math.min(aged, this.#touched + this.#lifetime);
  }

  page(read: HistoryRead, allowance: Allowance): HistoryPage {
    const top = this.top;
    const first = this.#firstOf(read.from);
    if (first === undefined) return { top, reached: false, entries: [], more: false };
    const entries: HistoryEntry[] = [];
    for (const { entry, bytes } of this.#walk(first, read.from === "start" && read.reverse === true)) {
      if (entries.length === read.limit || !allowance.take(bytes, entry.attachments.length)) {
        return { top, reached: true, entries, more: true };
      }
      entries.push(entry);
    }
    return { top, reached: true, entries, more: false };
  }

  /** The messages from the offset `first` to the top, or from the top down to it. */
  *#walk(first: number, reversed: boolean): Generator<Stored> {
    for (let offset = first; offset <= this.#offset; offset += 1) {
      const stored = this.#stored.get(reversed ? first + this.#offset - offset : offset);
      if (stored) yield stored;
    }
  }

  /** @returns the offset of the first message after `from`, or undefined where the window does not reach it. */
  #firstOf(from: ReadFrom): number | undefined {
    const afterTop = this.#offset + 1;
    if (from === "top") return afterTop;
    if (from === "start") return this.#oldest;
    if (from === "newest") return Math.max(this.#oldest, this.#offset);
    const next = from.offset + 1;
    return from.epoch === this.#epoch && next >= this.#oldest && next <= afterTop ? next : undefined;
  }
}
