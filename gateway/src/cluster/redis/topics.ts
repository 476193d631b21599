import type { ClusterMeter } from "../../meter.ts";
import type { Position } from "../../protocol/position.ts";
import type { ClusterHost, HistoryRead, ReadBudget, Retention } from "../ports.ts";
import type { Complaints } from "./complaints.ts";
import type { Keys } from "./keys.ts";
import type { Line } from "./line.ts";
import { readPast } from "./past.ts";
import { type Ear, Subscriptions } from "./subscriptions.ts";
import { Topic, type TopicHost } from "./topic.ts";

/** Topics compared or repaired in one call. */
const chunkSize = 200;
/**
 * What one call of a repair reads; a longer hole takes several. It comes on the subscriber's connection, which
 * Redis ends where more waits than its output buffer may hold: a larger answer could never arrive.
 */
const repairBudget: ReadBudget = { messages: 1_000, bytes: 512 * 1024, attachments: 10_000 };
const noEntries: ReadBudget = { messages: 0, bytes: 0, attachments: 0 };

export interface TopicsOptions {
  /** Carries the subscriptions, and the reads that are compared with what they brought. */
  line: Line;
  keys: Keys;
  complaints: Complaints;
  meter: ClusterMeter;
  host: Pick<ClusterHost, "deliver" | "lost">;
  foreign(channel: string, message: Buffer): void;
  /** Milliseconds of silence after which a channel is compared with its history. */
  silence: number;
}

/** The channels that this node hears, and the watch over what it hears of them. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #subscriptions: Subscriptions<Ear>;
  readonly #broken = new Set<Topic>();
  #repairing = false;

  constructor(options: TopicsOptions) {
    this.#options = options;
    const { line, complaints } = options;
    this.#subscriptions = new Subscriptions({
      line,
      sharded: options.keys.sharded,
      complaints,
      follow: (ears) => this.#compare(ears.filter((ear) => ear instanceof Topic)),
    });
  }

  /**
   * @returns the position of what was handed on last, or would have been
   * @throws Failure `unavailable`
   */
  async subscribe(channel: string, retention: Retention | undefined): Promise<Position | undefined> {
    const topic = new Topic(channel, this.#options.keys.room(channel), retention, this.#topicHost);
    await this.#subscriptions.add(topic);
    return topic.position;
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.remove(this.#options.keys.room(channel));
  }

  /** Hears a pub/sub channel that is no channel of clients, as soon as there is a connection. */
  hear(ear: Ear): void {
    this.#subscriptions.want(ear);
  }

  /** @throws Failure `unavailable` where the pub/sub channel cannot be subscribed to, as where there is no right to */
  tryOut(name: string): Promise<void> {
    return this.#subscriptions.tryOut(name);
  }

  ears(): Ear[] {
    return this.#subscriptions.values();
  }

  release(ear: Ear): void {
    this.#subscriptions.remove(ear.name);
  }

  /** Subscribes everything again that this shard hears. */
  restore(): void {
    void this.#subscriptions.restore();
  }

  /** Takes over what another shard has released, with all that is known of it. */
  adopt(ear: Ear): void {
    this.#subscriptions.want(ear);
    if (ear instanceof Topic) ear.move(this.#topicHost);
  }

  /** Looks after what was not repaired, and after channels that have been silent for long. */
  compareQuiet(): void {
    void this.#repairAll();
    this.#compareHeardBefore(performance.now() - this.#options.silence);
  }

  compareAll(): void {
    this.#compareHeardBefore(Number.POSITIVE_INFINITY);
  }

  #compareHeardBefore(time: number): void {
    const quiet: Topic[] = [];
    for (const ear of this.#subscriptions.values()) {
      if (ear instanceof Topic && ear.top && ear.heardAt < time) quiet.push(ear);
    }
    for (let at = 0; at < quiet.length; at += chunkSize) {
      // What fails is still quiet at the next look.
      this.#compare(quiet.slice(at, at + chunkSize)).catch(() => {});
    }
  }

  readonly #topicHost: TopicHost = {
    deliver: (delivery) => this.#options.host.deliver(delivery),
    lost: (channel, resumed) => this.#options.host.lost(channel, resumed),
    foreign: (channel, message) => this.#options.foreign(channel, message),
    malformed: (error) =>
      this.#options.complaints.malformed("Redis brought a publication that is none.", error),
    gap: (result) => this.#options.meter.gap(result),
    repair: (topic) => {
      this.#broken.add(topic);
      void this.#repairAll();
    },
  };

  /**
   * Reads where topics stand on the connection that carries their messages: whatever was published up to
   * there has come before the answer, or will not come.
   */
  async #compare(topics: readonly Topic[]): Promise<void> {
    const read = topics.filter((topic) => topic.top !== undefined);
    const epochs = read.map(({ epoch }) => epoch);
    const tops = await this.#read(
      read.flatMap(({ top }) => top ?? []),
      noEntries,
    );
    for (const [index, topic] of read.entries()) {
      const page = tops[index];
      if (page && this.#subscriptions.has(topic)) topic.compare(page.top, epochs[index]);
    }
  }

  /** What fails is tried again at the next sweep. */
  async #repairAll(): Promise<void> {
    if (this.#repairing) return;
    this.#repairing = true;
    try {
      while (this.#broken.size > 0) await this.#repair([...this.#broken].slice(0, chunkSize));
    } catch (error) {
      this.#options.complaints.warn("Reading missing messages has failed.", error);
    } finally {
      this.#repairing = false;
    }
  }

  async #repair(topics: readonly Topic[]): Promise<void> {
    const repairable = topics.filter((topic) => this.#subscriptions.has(topic) && topic.missing);
    for (const topic of topics) if (!repairable.includes(topic)) this.#broken.delete(topic);
    const pages = await this.#read(
      repairable.flatMap(({ missing }) => missing ?? []),
      repairBudget,
    );
    for (const [index, topic] of repairable.entries()) {
      const page = pages[index];
      if (page && this.#subscriptions.has(topic) && !topic.fill(page)) this.#broken.delete(topic);
    }
  }

  #read(reads: readonly HistoryRead[], budget: ReadBudget) {
    return readPast(() => this.#options.line, this.#options.keys, reads, budget, true);
  }
}
