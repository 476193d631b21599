import type { Redis } from "ioredis";
import type { BackplaneMeter } from "../../../meter.ts";
import type { BackplaneHost, BackplaneStatus } from "../../ports.ts";
import { HealthCheck } from "../connection/health-check.ts";
import { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { PubSub } from "../pubsub/pubsub.ts";
import { Topics } from "../pubsub/topics.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import type { Timings } from "../timings.ts";

export interface ShardOptions {
  keys: Keys;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  host: Pick<BackplaneHost, "deliver" | "lost">;
  foreign(channel: string, message: Buffer): void;
  timings: Timings;
  /** Another server has taken the place of one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
}

/** One Redis, with what this node hears of it. */
export class Shard {
  /** For everything but the subscriptions. */
  readonly redis: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly pubsub: PubSub;
  readonly topics: Topics;
  readonly #watch: HealthCheck;

  /** @param connect makes a client; it is called twice */
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
    this.#watch = new HealthCheck({
      commands: this.redis,
      subscriber: this.#subscriber,
      topics: this.topics,
      throttledLog,
      interval: timings.watch,
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

  /** @param listener is told where this Redis says that something is not, or no longer, here */
  onMoved(listener: () => void): void {
    this.redis.onMoved(listener);
    this.#subscriber.onMoved(listener);
  }

  /** @param listener is told where this Redis may have ended subscriptions, since a slot has left it */
  onDoubt(listener: () => void): void {
    this.#subscriber.onMoved(listener);
  }

  /** Resolves once both connections are there. */
  async connect(): Promise<void> {
    await Promise.all([this.redis, this.#subscriber].map((redis) => redis.connect()));
  }

  stop(): void {
    this.#watch.stop();
    this.redis.stop();
    this.#subscriber.stop();
  }
}
