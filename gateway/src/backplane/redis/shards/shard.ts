/*
 * One server with this node's two connections to it, what is subscribed to there, and the check of both. The
 * backplane's wiring makes them; the others find theirs through Shards. On a single connection the answer to a
 * publication would have to wait for however many messages a subscriber is being sent.
 */

import type { Redis } from "ioredis";
import type { BackplaneMeter } from "../../../meter.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import type { BackplaneHost, BackplaneStatus } from "../../ports.ts";
import { HealthCheck } from "../connection/health-check.ts";
import { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { PubSub } from "../pubsub/pubsub.ts";
import { Topics } from "../pubsub/topics.ts";
import type { Timings } from "../timings.ts";

export interface ShardOptions {
  keys: Keys;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  host: Pick<BackplaneHost, "lost">;
  foreign(channel: string, message: Buffer): void;
  timings: Timings;
  /** Another server has taken the place of one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
}

/** The parts live and end together: a topic that outlived its connection would wait for messages that cannot come. */
export class Shard {
  /** For everything but the subscriptions. */
  readonly redis: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly pubsub: PubSub;
  readonly topics: Topics;
  readonly #healthCheck: HealthCheck;

  /** @param connect makes a client; it is called once for each role */
  constructor(connect: (role: "commands" | "subscriber") => Redis, options: ShardOptions) {
    const { throttledLog, timings } = options;
    this.redis = new RedisConnection(connect("commands"), { ...options, role: "commands" });
    this.#subscriber = new RedisConnection(connect("subscriber"), { ...options, role: "subscriber" });
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
    const [commands, subscriber] = [Number(this.redis.ready), Number(this.#subscriber.ready)];
    const pending = this.redis.pending + this.#subscriber.pending;
    return { connected: { commands, subscriber }, pending, lag: this.#subscriber.lag };
  }

  /** @param listener is called where this server answers that a slot is not, or no longer, here */
  onMoved(listener: () => void): void {
    this.redis.onMoved(listener);
    this.#subscriber.onMoved(listener);
  }

  /** @param listener is called where this server may have ended subscriptions, as it does for a slot that leaves it */
  onSubscriptionsDoubtful(listener: () => void): void {
    this.#subscriber.onMoved(listener);
  }

  /** Resolves once both connections are there. */
  async connect(): Promise<void> {
    this.#healthCheck.start();
    await Promise.all([this.redis, this.#subscriber].map((redis) => redis.connect()));
  }

  stop(): void {
    this.#healthCheck.stop();
    this.redis.stop();
    this.#subscriber.stop();
  }
}
