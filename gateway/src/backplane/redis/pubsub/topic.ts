import type { GapResult } from "../../../meter.ts";
import type { Position } from "../../../protocol/position.ts";
import type { Delivery, HistoryRead, Retention } from "../../ports.ts";
import type { PacketPage } from "../history/history-reader.ts";
import { decodePublication, isPublication } from "./wire.ts";

export interface TopicHost {
  deliver(delivery: Delivery): void;
  lost(channel: string, resumed: Position): void;
  /** Reads what the topic misses, and gives it to `fill`. */
  repair(topic: Topic): void;
  /** A message that is no publication of ours; emitters send them. */
  foreign(channel: string, message: Buffer): void;
  malformed(error: unknown): void;
  gap(result: GapResult): void;
}

/** Deliveries that wait for a hole before them to be filled. */
const maxHeld = 1_000;

/**
 * A channel that this node hears. It hands on each publication once and in the order of the offsets, has
 * what is missing read, and says when that cannot be had any more.
 */
export class Topic {
  readonly channel: string;
  /** The hash tag of its name. */
  readonly tag: string;
  readonly name: string;
  readonly #retention: Retention | undefined;
  #host: TopicHost;
  /** The newest position that was handed on; what comes next must follow it. */
  #last: Position | undefined;
  /** What came behind a hole, while the hole is read; undefined where there is none. */
  #held: (Delivery | Buffer)[] | undefined;
  #overflowed = false;
  /** Milliseconds on the monotonic clock. */
  heardAt = performance.now();

  /** @param name of the pub/sub channel */
  constructor(channel: string, name: string, retention: Retention | undefined, host: TopicHost) {
    this.channel = channel;
    this.tag = channel;
    this.name = name;
    this.#retention = retention;
    this.#host = host;
  }

  /** The read that tells where the channel stands; absent where it has no history. */
  get top(): HistoryRead | undefined {
    return this.#retention && { channel: this.channel, retention: this.#retention, from: "top" };
  }

  /** The read of what is missing. */
  get missing(): HistoryRead | undefined {
    if (!this.#retention || !this.#last) return undefined;
    return { channel: this.channel, retention: this.#retention, from: this.#last };
  }

  /** Goes on under another host. */
  move(host: TopicHost): void {
    this.#host = host;
    if (this.#held) host.repair(this);
  }

  receive(message: Buffer): void {
    if (!isPublication(message)) {
      this.#receiveForeign(message);
      return;
    }
    const delivery = this.#decode(message);
    if (!delivery) return;
    if (!delivery.position || !this.#retention) {
      this.#host.deliver(delivery);
      return;
    }
    this.heardAt = performance.now();
    if (this.#held) this.#hold(delivery, this.#held);
    else this.#accept(delivery, delivery.position);
  }

  /** The newest one that was handed on, or behind which all will be. */
  get position(): Position | undefined {
    return this.#last;
  }

  /** Of that position. */
  get epoch(): string | undefined {
    return this.#last?.epoch;
  }

  /**
   * Compares with where the channel stood, all up to there having arrived or been lost. What came in one
   * piece with the answer has been heard before it, so it may stand below what was handed on since.
   *
   * @param asked the topic's epoch when that was asked for
   */
  compare(top: Position, asked: string | undefined): void {
    this.heardAt = performance.now();
    const last = this.#last;
    if (this.#held || last?.epoch !== asked) return;
    if (!last) {
      this.#last = top;
    } else if (top.epoch !== last.epoch) {
      this.#giveUp(top);
    } else if (top.offset > last.offset) {
      this.#await([]);
    }
  }

  /**
   * Takes a page of what is missing.
   *
   * @returns whether there is still something to read
   */
  fill(page: PacketPage): boolean {
    if (page.reached) {
      for (const entry of page.entries) {
        this.#last = entry.position;
        this.#host.deliver({ channel: this.channel, ...entry });
      }
      if (page.more) return true;
      this.#host.gap("repaired");
    } else {
      this.#giveUp(page.top);
    }
    return this.#release();
  }

  #decode(message: Buffer): Delivery | undefined {
    try {
      return decodePublication(this.channel, message);
    } catch (error) {
      this.#host.malformed(error);
      return undefined;
    }
  }

  /** It keeps its place among the publications. */
  #receiveForeign(message: Buffer): void {
    if (this.#held && this.#held.length < maxHeld) this.#held.push(message);
    else this.#host.foreign(this.channel, message);
  }

  #accept(delivery: Delivery, position: Position): void {
    const last = this.#last;
    if (last && position.epoch === last.epoch) {
      if (position.offset <= last.offset) return;
      if (position.offset > last.offset + 1) {
        this.#await([delivery]);
        return;
      }
    } else if (last) {
      this.#giveUp({ epoch: position.epoch, offset: position.offset - 1 });
    }
    this.#last = position;
    this.#host.deliver(delivery);
  }

  #await(held: (Delivery | Buffer)[]): void {
    this.#held = held;
    this.#overflowed = false;
    this.#host.gap("found");
    this.#host.repair(this);
  }

  #hold(delivery: Delivery, held: (Delivery | Buffer)[]): void {
    if (held.length < maxHeld) held.push(delivery);
    else this.#overflowed = true;
  }

  /** Hands on what waited, as far as it follows. */
  #release(): boolean {
    const again = this.#overflowed;
    for (const one of this.#takeHeld()) {
      if (Buffer.isBuffer(one)) this.#receiveForeign(one);
      else if (this.#held) this.#hold(one, this.#held);
      else if (one.position) this.#accept(one, one.position);
    }
    if (again) this.#held ??= [];
    return this.#held !== undefined;
  }

  #takeHeld(): (Delivery | Buffer)[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#overflowed = false;
    return held;
  }

  /** Goes on behind the position. */
  #giveUp(position: Position): void {
    this.#last = position;
    this.#host.gap("lost");
    this.#host.lost(this.channel, position);
  }
}
