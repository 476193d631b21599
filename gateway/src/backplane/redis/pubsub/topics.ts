/*
 * Owns the channels of clients that this node subscribes to on one shard, and their comparing with the history. The
 * broker subscribes here, the health check has the quiet ones compared. Without the comparison a channel's last message
 * could be missing until the next one comes.
 */

import type { BackplaneMeter } from "../../../meter.ts";
import { formatPosition, type Position } from "../../../protocol/position.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import type { BackplaneHost, DeliverySink, HistoryRead, ReadBudget, Retention } from "../../ports.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { readHistory } from "../history/history-reader.ts";
import type { Keys } from "../keys.ts";
import { SingleFlight } from "../single-flight.ts";
import type { PubSub, PubSubHandler } from "./pubsub.ts";
import { Topic, type TopicHost } from "./topic.ts";

const gapLines = { found: "gap_found", repaired: "gap_repaired", lost: "gap_lost" } as const;

/** Topics compared or repaired in one call. */
const chunkSize = 200;
/**
 * What one call of a repair reads; a longer hole takes several. It comes on the subscriber's connection, which
 * Redis ends where more waits than its output buffer may hold: a larger answer could never arrive.
 */
const repairBudget: ReadBudget = { messages: 1_000, bytes: 512 * 1024, attachments: 10_000 };
const noEntries: ReadBudget = { messages: 0, bytes: 0, attachments: 0 };

export interface TopicsOptions {
  pubsub: PubSub;
  /** The subscriber's connection: reads on it come after the messages that were published before them. */
  redis: RedisConnection;
  keys: Keys;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  host: Pick<BackplaneHost, "lost">;
  foreign(channel: string, message: Buffer): void;
  /** Milliseconds of silence after which a channel is compared with its history. */
  silence: number;
}

/** Compares topics with their history after each SUBSCRIBE, after silence and after an outage, and reads what they miss. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #topicHost: TopicHost;
  /** Topics with a hole that has still to be read. */
  readonly #broken = new Set<Topic>();

  constructor(options: TopicsOptions) {
    this.#options = options;
    const { host, meter, throttledLog, foreign } = options;
    this.#topicHost = {
      lost: host.lost,
      foreign,
      gap(result, channel, from, to) {
        meter.gap(result);
        const { log } = throttledLog;
        if (!log.isLevelEnabled("debug")) return;
        log.write(gapLines[result], { channel, from: from && formatPosition(from), to: formatPosition(to) });
      },
      malformed: (error) => throttledLog.malformed("publication_malformed", error),
      repair: (topic) => {
        this.#broken.add(topic);
        // At the end of the turn: one read then serves all holes of the turn, and a run that was about to end has ended.
        setImmediate(() => void this.#repairing.start());
      },
    };
  }

  /**
   * @returns the position after which everything will be delivered, where the channel has a history
   * @throws Failure `unavailable`
   */
  subscribe(
    channel: string,
    retention: Retention | undefined,
    sink: DeliverySink,
  ): Promise<Position | undefined> {
    const { pubsub, keys } = this.#options;
    const name = keys.room(channel);
    return pubsub.add(new Topic({ channel, name, retention, sink }, this.#topicHost));
  }

  /** Takes over what another shard has released, with all that is known of it. */
  adopt(handler: PubSubHandler): void {
    this.#options.pubsub.want(handler);
    if (handler instanceof Topic) handler.move(this.#topicHost);
  }

  /** Repairs again what was not repaired, and compares channels that have been silent for long. */
  compareQuiet(): void {
    void this.#repairing.start();
    this.#compareCheckedBefore(performance.now() - this.#options.silence);
  }

  compareAll(): void {
    this.#compareCheckedBefore(Number.POSITIVE_INFINITY);
  }

  #compareCheckedBefore(time: number): void {
    const { pubsub } = this.#options;
    const quiet: Topic[] = [];
    for (const handler of pubsub.values()) {
      if (handler instanceof Topic && handler.top && handler.checkedAt < time) quiet.push(handler);
    }
    for (let at = 0; at < quiet.length; at += chunkSize) {
      // What fails is still quiet at the next look.
      this.compare(quiet.slice(at, at + chunkSize)).catch(() => {});
    }
  }

  /**
   * Reads where topics stand, on the connection that carries their messages: whatever was published up to there has
   * come before the answer, or will not come. On another connection the answer could overtake messages, and each of them
   * would look like a hole.
   *
   * @param handlers others than topics are left out
   * @returns where topics with a history stand now
   */
  async compare(handlers: readonly PubSubHandler[]): Promise<ReadonlyMap<PubSubHandler, Position>> {
    const topics = handlers.flatMap((handler) => (handler instanceof Topic && handler.top ? [handler] : []));
    const epochs = topics.map(({ position }) => position?.epoch);
    const reads = topics.flatMap(({ top }) => top ?? []);
    const tops = await this.#read(reads, noEntries).catch((error: unknown) => {
      // They are compared at the next look, whenever they were last.
      for (const topic of topics) topic.checkedAt = Number.NEGATIVE_INFINITY;
      throw error;
    });
    const positions = new Map<PubSubHandler, Position>();
    for (const [index, topic] of topics.entries()) {
      const page = tops[index];
      if (!page || !this.#options.pubsub.has(topic)) continue;
      topic.compare(page.top, epochs[index]);
      if (topic.position) positions.set(topic, topic.position);
    }
    return positions;
  }

  /** What fails is tried again at the next look. */
  readonly #repairing = new SingleFlight(
    async () => {
      while (this.#broken.size > 0) await this.#repair([...this.#broken].slice(0, chunkSize));
    },
    (error) => this.#options.throttledLog.warn("repair_failed", error),
  );

  async #repair(topics: readonly Topic[]): Promise<void> {
    const { pubsub } = this.#options;
    const repairable = topics.filter((topic) => pubsub.has(topic) && topic.missing);
    for (const topic of topics) if (!repairable.includes(topic)) this.#broken.delete(topic);
    const pages = await this.#read(
      repairable.flatMap(({ missing }) => missing ?? []),
      repairBudget,
    );
    for (const [index, topic] of repairable.entries()) {
      const page = pages[index];
      // One that was let go, or has moved to another shard, meanwhile is repaired there or by nobody.
      if (page && pubsub.has(topic) && !topic.fill(page)) this.#broken.delete(topic);
    }
  }

  #read(reads: readonly HistoryRead[], budget: ReadBudget) {
    return readHistory(() => this.#options.redis, this.#options.keys, reads, budget, true);
  }
}
