/*
 * Owns the pub/sub channels that this node wants of one shard, whatever becomes of the connection. Topics, Peers and
 * Control add theirs. The Redis client would say that it is ready before it has subscribed again, and would forget all
 * of them where the connection fails meanwhile: then nothing would arrive, silently.
 */

import type { Position } from "../../../protocol/position.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import { isRefusal } from "../connection/error-code.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";

/** Receives what is published on a pub/sub channel. */
export interface PubSubHandler {
  /** Of the pub/sub channel. */
  readonly name: string;
  /** The hash tag in it, where it has one. */
  readonly tag: string;
  /** The read that tells where it stands; absent where there is nothing to compare. */
  readonly top?: object | undefined;
  receive(message: Buffer): void;
}

export interface PubSubOptions {
  redis: RedisConnection;
  sharded: boolean;
  throttledLog: ThrottledLog;
  /**
   * Reads where the handlers' channels stand. It is called in the turn in which their SUBSCRIBE is written, so that its
   * reads follow on the same connection: what was published before the answer has then been received, or was before.
   */
  compare(handlers: readonly PubSubHandler[]): Promise<ReadonlyMap<PubSubHandler, Position>>;
}

interface PendingSubscribe {
  handler: PubSubHandler;
  resolve(position: Position | undefined): void;
  reject(error: unknown): void;
}

/** What a SUBSCRIBE came to: where the handlers' channels stand, or why Redis does not say it. */
interface Subscribed {
  positions: ReadonlyMap<PubSubHandler, Position>;
  refusal?: unknown;
}

/** Pub/sub channels in one command. */
const chunkSize = 500;
/** Milliseconds after which what Redis has refused is tried again. */
const refusalPause = 1_000;

/** At each new connection all are subscribed again, by us. */
export class PubSub {
  readonly #options: PubSubOptions;
  /** By the name of the pub/sub channel. One that stands here is wanted; Redis may still have to learn of it. */
  readonly #handlers = new Map<string, PubSubHandler>();
  #joins: PendingSubscribe[] = [];
  #parting = new Set<string>();
  #scheduled = false;
  /** Counts connections, so that resubscribing on an old one ends. */
  #connections = 0;

  constructor(options: PubSubOptions) {
    this.#options = options;
    options.redis.onMessage((name, message) => this.#handlers.get(name.toString())?.receive(message));
    options.redis.onReady(() => void this.#subscribeAll());
  }

  values(): PubSubHandler[] {
    return [...this.#handlers.values()];
  }

  /** False also where another handler has taken its name meanwhile. */
  has(handler: PubSubHandler): boolean {
    return this.#handlers.get(handler.name) === handler;
  }

  /**
   * Resolves once it is subscribed, with what `compare` has found.
   *
   * @throws Failure `unavailable`, and then it is not subscribed
   */
  add(handler: PubSubHandler): Promise<Position | undefined> {
    this.#handlers.set(handler.name, handler);
    return new Promise((resolve, reject) => {
      const refuse = (error: unknown) => {
        if (this.has(handler)) this.remove(handler.name);
        reject(error);
      };
      this.#joins.push({ handler, resolve, reject: refuse });
      this.#schedule();
    });
  }

  /** Subscribes now, or as soon as there is a connection; for what the node needs for as long as it runs. */
  want(handler: PubSubHandler): void {
    this.#handlers.set(handler.name, handler);
    if (!this.#options.redis.ready) return;
    this.#joins.push({ handler, resolve() {}, reject: (error) => this.#wantAgain(handler, error) });
    this.#schedule();
  }

  /** What Redis refuses is asked for later; where the connection has failed, a new one has to try it. */
  #wantAgain(handler: PubSubHandler, error: unknown): void {
    if (!isRefusal(error)) this.#options.redis.restart();
    else this.#later(() => this.has(handler) && this.want(handler));
  }

  /** Does it after a pause, unless another connection has begun meanwhile, which subscribes all. */
  #later(task: () => void): void {
    const connection = this.#connections;
    setTimeout(() => {
      if (connection === this.#connections) task();
    }, refusalPause).unref();
  }

  /**
   * Subscribes all again on the same connection, since Redis ends the subscriptions of a slot that leaves it. Those whose
   * slot is elsewhere now fail with MOVED, and move. A failure must not end the connection, as it does at a new one.
   */
  async restore(): Promise<void> {
    const connection = this.#connections;
    try {
      await this.#subscribeEach(() => connection === this.#connections);
    } catch (error) {
      this.#options.throttledLog.warn("subscriptions_not_checked", error);
    }
  }

  /**
   * Subscribes, and ends that again where nothing here wants it, to find out whether the node has the right to.
   *
   * @throws Failure `unavailable` where it cannot be subscribed to
   */
  async tryOut(name: string): Promise<void> {
    await this.#send("subscribe", [name]);
    if (!this.#handlers.has(name)) await this.#send("unsubscribe", [name]);
  }

  remove(name: string): void {
    if (!this.#handlers.delete(name)) return;
    this.#parting.add(name);
    this.#schedule();
  }

  /** The changes of one turn of the event loop leave together: in a storm of connects they are thousands. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const parting = [...this.#parting].filter((name) => !this.#handlers.has(name));
    const joins = this.#joins;
    this.#parting = new Set();
    this.#joins = [];
    // Its failure needs no answer: messages without a handler are dropped, and a lost connection has no subscriptions.
    for (const names of chunks(parting)) {
      this.#send("unsubscribe", names).catch(() => {});
    }
    for (const some of chunks(joins)) void this.#join(some);
  }

  async #join(joins: readonly PendingSubscribe[]): Promise<void> {
    try {
      const { positions, refusal } = await this.#subscribe(joins.map(({ handler }) => handler));
      for (const { handler, resolve, reject } of joins) {
        // It is subscribed, but nobody could say from where on.
        if (refusal !== undefined && handler.top) reject(refusal);
        else resolve(positions.get(handler));
      }
    } catch (error) {
      for (const { reject } of joins) reject(error);
    }
  }

  /**
   * Both are written before either is awaited: a SUBSCRIBE that comes after the read would leave a hole between them. A
   * read that Redis refuses, since it writes too, takes nothing from the subscriptions.
   */
  async #subscribe(handlers: readonly PubSubHandler[]): Promise<Subscribed> {
    const subscribed = this.#send(
      "subscribe",
      handlers.map(({ name }) => name),
    );
    const [compared, sent] = await Promise.allSettled([this.#options.compare(handlers), subscribed]);
    if (sent.status === "rejected") throw sent.reason;
    if (compared.status === "fulfilled") return { positions: compared.value };
    if (!isRefusal(compared.reason)) throw compared.reason;
    return { positions: new Map(), refusal: compared.reason };
  }

  async #send(action: "subscribe" | "unsubscribe", names: readonly string[]): Promise<void> {
    const { redis, sharded } = this.#options;
    await redis.call<unknown>((client) => {
      if (!sharded) return client[action](...names);
      // A command names channels of one slot.
      const each = action === "subscribe" ? "ssubscribe" : "sunsubscribe";
      return Promise.all(names.map((name) => client[each](name)));
    }, "burst");
  }

  /** At a new connection. Where it fails, the connection is given up: half of the subscriptions would look like all. */
  async #subscribeAll(): Promise<void> {
    this.#connections += 1;
    const connection = this.#connections;
    try {
      await this.#subscribeEach(() => connection === this.#connections);
    } catch (error) {
      this.#options.throttledLog.warn("resubscribe_failed", error);
      if (connection !== this.#connections) return;
      if (isRefusal(error)) this.#later(() => void this.#subscribeAll());
      else this.#options.redis.restart();
    }
  }

  async #subscribeEach(goesOn: () => boolean): Promise<void> {
    for (const handlers of chunks([...this.#handlers.values()])) {
      await this.#subscribe(handlers.filter((handler) => this.has(handler)));
      if (!goesOn()) return;
    }
  }
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const all: Item[][] = [];
  for (let at = 0; at < items.length; at += chunkSize) all.push(items.slice(at, at + chunkSize));
  return all;
}
