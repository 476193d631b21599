import type { Redis } from "ioredis";
import type { ClusterMeter } from "../../meter.ts";
import type { ClusterHost, ClusterStatus } from "../ports.ts";
import type { Complaints } from "./complaints.ts";
import type { Keys } from "./keys.ts";
import { Line } from "./line.ts";
import type { Pace } from "./pace.ts";
import { Topics } from "./topics.ts";
import { Watch } from "./watch.ts";

export interface ShardOptions {
  keys: Keys;
  complaints: Complaints;
  meter: ClusterMeter;
  host: Pick<ClusterHost, "deliver" | "lost">;
  foreign(channel: string, message: Buffer): void;
  pace: Pace;
  /** Another server has taken the place of one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
}

/** One Redis, with what this node hears of it. */
export class Shard {
  /** For everything but the subscriptions. */
  readonly line: Line;
  readonly #subscriber: Line;
  readonly topics: Topics;
  readonly #watch: Watch;

  /** @param connect makes a client; it is called twice */
  constructor(connect: (role: "commands" | "subscriber") => Redis, options: ShardOptions) {
    const { complaints, pace } = options;
    this.line = new Line(connect("commands"), { ...options, role: "commands" });
    this.#subscriber = new Line(connect("subscriber"), { ...options, role: "subscriber" });
    this.topics = new Topics({ ...options, line: this.#subscriber, silence: pace.silence });
    this.#watch = new Watch({
      commands: this.line,
      subscriber: this.#subscriber,
      topics: this.topics,
      complaints,
      interval: pace.watch,
      onReplaced: options.onReplaced,
    });
  }

  get ready(): boolean {
    return this.line.ready && this.#subscriber.ready;
  }

  /** Whether it was there at the last call. */
  get answering(): boolean {
    return this.line.answering && this.#subscriber.answering;
  }

  get status(): Omit<ClusterStatus, "nodes"> {
    const [commands, subscriber] = [Number(this.line.ready), Number(this.#subscriber.ready)];
    const pending = this.line.pending + this.#subscriber.pending;
    return { connected: { commands, subscriber }, pending, lag: this.#subscriber.lag };
  }

  /** @param listener is told where this Redis says that something is not, or no longer, here */
  onMoved(listener: () => void): void {
    this.line.onMoved(listener);
    this.#subscriber.onMoved(listener);
  }

  /** @param listener is told where this Redis may have ended subscriptions, since a slot has left it */
  onDoubt(listener: () => void): void {
    this.#subscriber.onMoved(listener);
  }

  /** Resolves once both connections are there. */
  async connect(): Promise<void> {
    await Promise.all([this.line, this.#subscriber].map((line) => line.connect()));
  }

  stop(): void {
    this.#watch.stop();
    this.line.stop();
    this.#subscriber.stop();
  }
}
