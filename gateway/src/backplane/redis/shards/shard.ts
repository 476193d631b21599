/*
 * One server with this node's three connections to it, what is subscribed to there, and the check of all. The
 * backplane's wiring makes them; the others find theirs through Shards. On a single connection the answer to a
 * publication would have to wait for however many messages a subscriber is being sent, and for pages that others read.
 */

import type { Redis } from "ioredis";
import type { RedisRole } from "../../../meter.ts";
import type { BackplaneStatus } from "../../ports.ts";
import { HealthCheck } from "../connection/health-check.ts";
import { HeavyReads } from "../connection/heavy-reads.ts";
import { RedisConnection } from "../connection/redis-connection.ts";
import { PubSub } from "../pubsub/pubsub.ts";
import { Topics, type TopicsOptions } from "../pubsub/topics.ts";
import type { Timings } from "../timings.ts";

export interface ShardOptions
  extends Pick<TopicsOptions, "keys" | "throttledLog" | "meter" | "host" | "foreign"> {
  timings: Timings;
  /** Another server has taken the place of one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
}

/** The parts live and end together: a topic that outlived its connection would wait for messages that cannot come. */
export class Shard {
  /** For everything but the subscriptions and large pages. */
  readonly redis: RedisConnection;
  /** For pages of histories and of presence. */
  readonly reads: HeavyReads;
  readonly #reading: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly pubsub: PubSub;
  readonly topics: Topics;
  readonly #healthCheck: HealthCheck;

  /** @param connect makes a client; it is called once for each role */
  constructor(connect: (role: RedisRole) => Redis, options: ShardOptions) {
    const { throttledLog, timings } = options;
    this.redis = new RedisConnection(connect("commands"), { ...options, role: "commands" });
    this.#subscriber = new RedisConnection(connect("subscriber"), { ...options, role: "subscriber" });
    this.#reading = new RedisConnection(connect("reads"), { ...options, role: "reads" });
    this.reads = new HeavyReads(this.#reading, this.redis);
    // A server that takes no writes any more would go on to be read from, and may have fallen behind.
    this.redis.onLost(() => this.#reading.restart());
    const redis = this.#subscriber;
    this.pubsub = new PubSub({
      redis,
      sharded: options.keys.sharded,
      throttledLog,
      compare: (handlers) => this.topics.compare(handlers),
    });
    this.topics = new Topics({ ...options, pubsub: this.pubsub, redis, silence: timings.silence });
    this.#healthCheck = new HealthCheck({
      commands: this.redis,
      subscriber: this.#subscriber,
      reading: this.#reading,
      topics: this.topics,
      throttledLog,
      interval: timings.healthCheck,
      onReplaced: options.onReplaced,
    });
  }

  get ready(): boolean {
    return this.redis.ready && this.#subscriber.ready;
  }

  /** Whether it was there at the last call. */
  get answering(): boolean {
    return this.redis.answering && this.#subscriber.answering;
  }

  get status(): Omit<BackplaneStatus, "nodes"> {
    const [commands, subscriber, reads] = this.#connections;
    const connected = {
      commands: Number(commands.ready),
      subscriber: Number(subscriber.ready),
      reads: Number(reads.ready),
    };
    return { connected, pending: commands.pending + subscriber.pending + reads.pending, lag: subscriber.lag };
  }

  /** @param listener is called where this server answers that a slot is not, or no longer, here */
  onMoved(listener: () => void): void {
    for (const redis of this.#connections) redis.onMoved(listener);
  }

  /** @param listener is called where this server may have ended subscriptions, as it does for a slot that leaves it */
  onSubscriptionsDoubtful(listener: () => void): void {
    this.#subscriber.onMoved(listener);
  }

  /** Resolves once all connections are there. */
  async connect(): Promise<void> {
    this.#healthCheck.start();
    await Promise.all(this.#connections.map((redis) => redis.connect()));
  }

  stop(): void {
    this.#healthCheck.stop();
    for (const redis of this.#connections) redis.stop();
  }

  get #connections(): [RedisConnection, RedisConnection, RedisConnection] {
    return [this.redis, this.#subscriber, this.#reading];
  }
}
