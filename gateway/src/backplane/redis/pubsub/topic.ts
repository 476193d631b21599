/*
 * One channel that this node subscribes to: each publication is given to its sink once, in the order of the offsets.
 * PubSub passes it messages, Topics compares and repairs it. Without it a message that pub/sub drops would be lost
 * silently: Redis keeps nothing for a subscriber that is away.
 */

import type { GapResult } from "../../../meter.ts";
import type { Position } from "../../../protocol/position.ts";
import type { BackplaneHost, Delivery, DeliverySink, HistoryRead, Retention } from "../../ports.ts";
import type { PacketPage } from "../history/history-reader.ts";
import type { PubSubHandler } from "./pubsub.ts";
import { decodePublication, isPublication } from "./wire.ts";

/** What a topic is for; it stays the same for as long as the subscription. */
export interface TopicOptions {
  channel: string;
  /** Of the pub/sub channel. */
  name: string;
  /** Absent where the channel keeps no history. */
  retention: Retention | undefined;
  sink: DeliverySink;
}

export interface TopicHost {
  lost: BackplaneHost["lost"];
  /** Reads what the topic misses, and passes it to `fill`. */
  repair(topic: Topic): void;
  /** A message that is no publication of ours; emitters send them. */
  foreign(channel: string, message: Buffer): void;
  malformed(error: unknown): void;
  /**
   * @param from the last position before the gap
   * @param to the position that follows it, or up to which it is filled
   */
  gap(result: GapResult, channel: string, from: Position | undefined, to: Position): void;
}

/** Publications, and messages of emitters between them, that wait until the hole before them is filled. */
type Held = (Delivery | Buffer)[];

/** Where a topic stands. `last` is the position of the newest publication that was delivered or given up. */
type State =
  /** Nothing is known of the channel yet: whatever comes first is delivered, or `compare` says where to begin. */
  | { name: "new" }
  /** Nothing is missing: the next publication has to follow `last`. */
  | { name: "live"; last: Position }
  /**
   * What follows `last` is missing and is being read; what comes meanwhile is held. `overflowed`: there was more than
   * may be held, so after the repair another one reads the rest. `trigger` is the delivery that showed the hole, the first
   * that is held.
   */
  | { name: "repairing"; last: Position; held: Held; overflowed: boolean; trigger?: Delivery | undefined };

/** Deliveries held during a repair; beyond that the history is read again, which has no such bound. */
const maxHeld = 1_000;

/** A channel in one of three states, from the first SUBSCRIBE until the broker unsubscribes. */
export class Topic implements PubSubHandler {
  readonly channel: string;
  /** The hash tag of its name. */
  readonly tag: string;
  readonly name: string;
  readonly #retention: Retention | undefined;
  readonly #sink: DeliverySink;
  #host: TopicHost;
  #state: State = { name: "new" };
  /** When it was last known to miss nothing; milliseconds on the monotonic clock. */
  checkedAt = performance.now();

  constructor({ channel, name, retention, sink }: TopicOptions, host: TopicHost) {
    this.channel = channel;
    this.tag = channel;
    this.name = name;
    this.#retention = retention;
    this.#sink = sink;
    this.#host = host;
  }

  /** The read that tells where the channel stands; absent where it has no history. */
  get top(): HistoryRead | undefined {
    return this.#retention && { channel: this.channel, retention: this.#retention, from: "top" };
  }

  /** The read of what is missing; absent where nothing is. */
  get missing(): HistoryRead | undefined {
    if (!this.#retention || this.#state.name !== "repairing") return undefined;
    return { channel: this.channel, retention: this.#retention, from: this.#state.last };
  }

  /** Everything after it is delivered from now on. */
  get position(): Position | undefined {
    return this.#state.name === "new" ? undefined : this.#state.last;
  }

  /** Goes on under the host of another shard, which has to repeat a repair that the old one had begun. */
  move(host: TopicHost): void {
    this.#host = host;
    if (this.#state.name === "repairing") host.repair(this);
  }

  receive(message: Buffer): void {
    if (!isPublication(message)) {
      this.#receiveForeign(message);
      return;
    }
    const delivery = this.#decode(message);
    if (!delivery) return;
    if (!delivery.position || !this.#retention) {
      this.#sink.receive(delivery);
      return;
    }
    this.checkedAt = performance.now();
    if (this.#state.name === "repairing") hold(this.#state, delivery);
    else this.#accept(delivery, delivery.position);
  }

  /**
   * Compares with the channel's top as it was read on the connection that carries the messages: all up to there have
   * arrived or never will. The answer may be outdated all the same, since messages that arrive in one piece with it are
   * received before it is; so a top below `last` means nothing.
   *
   * @param asked the topic's epoch when the read was sent. If it is another one now, the answer is about the past: it
   * would send the topic back to an epoch that has ended.
   */
  compare(top: Position, asked: string | undefined): void {
    this.checkedAt = performance.now();
    const state = this.#state;
    if (state.name === "repairing" || this.position?.epoch !== asked) return;
    if (state.name === "new") this.#state = { name: "live", last: top };
    else if (top.epoch !== state.last.epoch) this.#giveUp(top);
    else if (top.offset > state.last.offset) this.#repair(state.last, [], top);
  }

  /**
   * Takes a page of what is missing.
   *
   * @returns whether there is still something to read
   */
  fill(page: PacketPage): boolean {
    const state = this.#state;
    if (state.name !== "repairing") return false;
    if (page.reached) {
      const from = state.last;
      for (const entry of page.entries) {
        state.last = entry.position;
        this.#sink.receive({ channel: this.channel, ...entry });
      }
      if (page.more) return true;
      if (isForged(state.trigger, page.top)) this.#dropTrigger(state.held);
      this.#host.gap("repaired", this.channel, from, state.last);
      this.#state = { name: "live", last: state.last };
    } else {
      this.#giveUp(page.top);
    }
    return this.#release(state.held, state.overflowed);
  }

  /** Read for once more it would be a hole again at once, for ever: one such message would keep every node reading. */
  #dropTrigger(held: Held): void {
    held.shift();
    this.#host.malformed(new Error("a publication that is not stored, beyond the channel's top"));
  }

  #decode(message: Buffer): Delivery | undefined {
    try {
      return decodePublication(this.channel, message);
    } catch (error) {
      this.#host.malformed(error);
      return undefined;
    }
  }

  /** It keeps its place among the publications; where no more may be held, it goes ahead of them instead of being lost. */
  #receiveForeign(message: Buffer): void {
    const state = this.#state;
    if (state.name === "repairing" && state.held.length < maxHeld) state.held.push(message);
    else this.#host.foreign(this.channel, message);
  }

  /**
   * Delivers what follows the last position, drops what was delivered, and repairs before anything that leaves a hole.
   * Feed checks offsets again, for another reason: this one finds what Redis dropped, and the feed's drops what a
   * subscriber was given in its reply. A backplane on memory has no topics, so the feed cannot rely on this check.
   */
  #accept(delivery: Delivery, position: Position): void {
    const last = this.position;
    if (last && position.epoch === last.epoch) {
      if (position.offset <= last.offset) return;
      if (position.offset > last.offset + 1) {
        this.#repair(last, [delivery], position);
        return;
      }
    } else if (last) {
      this.#giveUp({ epoch: position.epoch, offset: position.offset - 1 });
    }
    if (this.#state.name === "live") this.#state.last = position;
    else this.#state = { name: "live", last: position };
    this.#sink.receive(delivery);
  }

  #repair(last: Position, held: readonly Delivery[], to: Position): void {
    this.#state = { name: "repairing", last, held: [...held], overflowed: false, trigger: held[0] };
    this.#host.gap("found", this.channel, last, to);
    this.#host.repair(this);
  }

  /** Receives what was held once more, in its order; that may find the next hole, and then the rest is held again. */
  #release(held: Held, overflowed: boolean): boolean {
    for (const one of held) {
      if (Buffer.isBuffer(one)) this.#receiveForeign(one);
      else if (this.#state.name === "repairing") hold(this.#state, one);
      else if (one.position) this.#accept(one, one.position);
    }
    // What did not fit is in the history only. It is part of the hole that was found, so it is not counted as another.
    if (overflowed && this.#state.name === "live") {
      this.#state = { name: "repairing", last: this.#state.last, held: [], overflowed: false };
    }
    return this.#state.name === "repairing";
  }

  /** Goes on after the position. Whoever is in the channel has to learn of the loss before the next delivery. */
  #giveUp(position: Position): void {
    const from = this.position;
    this.#state = { name: "live", last: position };
    this.#host.gap("lost", this.channel, from, position);
    this.#host.lost(this.channel, position);
  }
}

/**
 * What is published is stored first, and it came before the page was asked for: had one of the nodes written it, the page
 * would have it.
 */
function isForged(trigger: Delivery | undefined, top: Position): boolean {
  const position = trigger?.position;
  return position !== undefined && position.epoch === top.epoch && position.offset > top.offset + 1;
}

function hold(state: State & { name: "repairing" }, delivery: Delivery): void {
  if (state.held.length < maxHeld) state.held.push(delivery);
  else state.overflowed = true;
}
