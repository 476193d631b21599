import type { BackplaneMeter } from "../../../meter.ts";
import type { Position } from "../../../protocol/position.ts";
import type { BackplaneHost, HistoryRead, ReadBudget, Retention } from "../../ports.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { readHistory } from "../history/history-reader.ts";
import type { Keys } from "../keys.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import { PubSub, type PubSubHandler } from "./pubsub.ts";
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
  redis: RedisConnection;
  keys: Keys;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  host: Pick<BackplaneHost, "deliver" | "lost">;
  foreign(channel: string, message: Buffer): void;
  /** Milliseconds of silence after which a channel is compared with its history. */
  silence: number;
}

/** The channels that this node hears, and the watch over what it hears of them. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #subscriptions: PubSub<PubSubHandler>;
  readonly #broken = new Set<Topic>();
  #repairing = false;

  constructor(options: TopicsOptions) {
    this.#options = options;
    const { redis, throttledLog } = options;
    this.#subscriptions = new PubSub({
      redis,
      sharded: options.keys.sharded,
      throttledLog,
      follow: (handlers) => this.#compare(handlers.filter((handler) => handler instanceof Topic)),
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
  hear(handler: PubSubHandler): void {
    this.#subscriptions.want(handler);
  }

  /** @throws Failure `unavailable` where the pub/sub channel cannot be subscribed to, as where there is no right to */
  tryOut(name: string): Promise<void> {
    return this.#subscriptions.tryOut(name);
  }

  handlers(): PubSubHandler[] {
    return this.#subscriptions.values();
  }

  release(handler: PubSubHandler): void {
    this.#subscriptions.remove(handler.name);
  }

  /** Subscribes everything again that this shard hears. */
  restore(): void {
    void this.#subscriptions.restore();
  }

  /** Takes over what another shard has released, with all that is known of it. */
  adopt(handler: PubSubHandler): void {
    this.#subscriptions.want(handler);
    if (handler instanceof Topic) handler.move(this.#topicHost);
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
    for (const handler of this.#subscriptions.values()) {
      if (handler instanceof Topic && handler.top && handler.heardAt < time) quiet.push(handler);
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
      this.#options.throttledLog.malformed("Redis brought a publication that is none.", error),
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
      this.#options.throttledLog.warn("Reading missing messages has failed.", error);
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
    return readHistory(() => this.#options.redis, this.#options.keys, reads, budget, true);
  }
}
