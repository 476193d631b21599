import type { RedisConnection } from "../connection/redis-connection.ts";
import type { ThrottledLog } from "../throttled-log.ts";

/** What hears a pub/sub channel. */
export interface PubSubHandler {
  /** Of the pub/sub channel. */
  readonly name: string;
  /** The hash tag in it, where it has one. */
  readonly tag: string;
  receive(message: Buffer): void;
}

export interface PubSubOptions<Kind extends PubSubHandler> {
  redis: RedisConnection;
  sharded: boolean;
  throttledLog: ThrottledLog;
  /** Called in the same turn as the ears' SUBSCRIBE has been written, to write what is to follow it. */
  follow(handlers: readonly Kind[]): Promise<void>;
}

interface PendingSubscribe<Kind> {
  handler: Kind;
  resolve(): void;
  reject(error: unknown): void;
}

/** Pub/sub channels in one command. */
const chunkSize = 500;

/**
 * The pub/sub channels that this node wants to hear, whatever becomes of the connection. At each new one
 * all are subscribed again, by us: the Redis client would say that it is ready before it has, and would
 * forget all of them where the connection fails again meanwhile.
 */
export class PubSub<Kind extends PubSubHandler> {
  readonly #options: PubSubOptions<Kind>;
  readonly #handlers = new Map<string, Kind>();
  #joins: PendingSubscribe<Kind>[] = [];
  #parting = new Set<string>();
  #scheduled = false;
  /** Counts connections, so that resubscribing on an old one ends. */
  #connections = 0;

  constructor(options: PubSubOptions<Kind>) {
    this.#options = options;
    options.redis.onMessage((name, message) => this.#handlers.get(name.toString())?.receive(message));
    options.redis.onReady(() => void this.#subscribeAll());
  }

  values(): Kind[] {
    return [...this.#handlers.values()];
  }

  has(handler: Kind): boolean {
    return this.#handlers.get(handler.name) === handler;
  }

  /** @throws Failure `unavailable`, and then the ear is not subscribed */
  add(handler: Kind): Promise<void> {
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

  /** Subscribes as soon as there is a connection. */
  want(handler: Kind): void {
    this.#handlers.set(handler.name, handler);
    if (!this.#options.redis.ready) return;
    // Where it fails here, a new connection has to try it.
    this.#joins.push({ handler, resolve() {}, reject: () => this.#options.redis.restart() });
    this.#schedule();
  }

  /** Subscribes all again on the same connection. What has left this server since is told by its errors. */
  async restore(): Promise<void> {
    const connection = this.#connections;
    try {
      await this.#subscribeEach(() => connection === this.#connections);
    } catch (error) {
      this.#options.throttledLog.warn("PubSub could not be restored in Redis.", error);
    }
  }

  /**
   * Subscribes to what nothing here may hear, and ends that again.
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

  /** The changes of one turn of the event loop leave together. */
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
    // What is not heard of here is dropped; what a lost connection was subscribed to has ended with it.
    for (const names of chunks(parting)) {
      this.#send("unsubscribe", names).catch(() => {});
    }
    for (const some of chunks(joins)) void this.#join(some);
  }

  async #join(joins: readonly PendingSubscribe<Kind>[]): Promise<void> {
    try {
      await this.#subscribe(joins.map(({ handler }) => handler));
      for (const { resolve } of joins) resolve();
    } catch (error) {
      for (const { reject } of joins) {
        reject(error);
      }
    }
  }

  async #subscribe(handlers: readonly Kind[]): Promise<void> {
    const names = handlers.map(({ name }) => name);
    await Promise.all([this.#send("subscribe", names), this.#options.follow(handlers)]);
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

  async #subscribeAll(): Promise<void> {
    this.#connections += 1;
    const connection = this.#connections;
    try {
      await this.#subscribeEach(() => connection === this.#connections);
    } catch (error) {
      this.#options.throttledLog.warn("Subscribing again in Redis has failed.", error);
      if (connection === this.#connections) this.#options.redis.restart();
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
