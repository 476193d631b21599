import type { Complaints } from "./complaints.ts";
import type { Line } from "./line.ts";

/** What hears a pub/sub channel. */
export interface Ear {
  /** Of the pub/sub channel. */
  readonly name: string;
  /** The hash tag in it, where it has one. */
  readonly tag: string;
  receive(message: Buffer): void;
}

export interface SubscriptionsOptions<Kind extends Ear> {
  line: Line;
  sharded: boolean;
  complaints: Complaints;
  /** Called in the same turn as the ears' SUBSCRIBE has been written, to write what is to follow it. */
  follow(ears: readonly Kind[]): Promise<void>;
}

interface Join<Kind> {
  ear: Kind;
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
export class Subscriptions<Kind extends Ear> {
  readonly #options: SubscriptionsOptions<Kind>;
  readonly #ears = new Map<string, Kind>();
  #joins: Join<Kind>[] = [];
  #parting = new Set<string>();
  #scheduled = false;
  /** Counts connections, so that resubscribing on an old one ends. */
  #connections = 0;

  constructor(options: SubscriptionsOptions<Kind>) {
    this.#options = options;
    options.line.onMessage((name, message) => this.#ears.get(name.toString())?.receive(message));
    options.line.onReady(() => void this.#subscribeAll());
  }

  values(): Kind[] {
    return [...this.#ears.values()];
  }

  has(ear: Kind): boolean {
    return this.#ears.get(ear.name) === ear;
  }

  /** @throws Failure `unavailable`, and then the ear is not subscribed */
  add(ear: Kind): Promise<void> {
    this.#ears.set(ear.name, ear);
    return new Promise((resolve, reject) => {
      const refuse = (error: unknown) => {
        if (this.has(ear)) this.remove(ear.name);
        reject(error);
      };
      this.#joins.push({ ear, resolve, reject: refuse });
      this.#schedule();
    });
  }

  /** Subscribes as soon as there is a connection. */
  want(ear: Kind): void {
    this.#ears.set(ear.name, ear);
    if (!this.#options.line.ready) return;
    // Where it fails here, a new connection has to try it.
    this.#joins.push({ ear, resolve() {}, reject: () => this.#options.line.restart() });
    this.#schedule();
  }

  /** Subscribes all again on the same connection. What has left this server since is told by its errors. */
  async restore(): Promise<void> {
    const connection = this.#connections;
    try {
      await this.#subscribeEach(() => connection === this.#connections);
    } catch (error) {
      this.#options.complaints.warn("Subscriptions could not be restored in Redis.", error);
    }
  }

  /**
   * Subscribes to what nothing here may hear, and ends that again.
   *
   * @throws Failure `unavailable` where it cannot be subscribed to
   */
  async tryOut(name: string): Promise<void> {
    await this.#send("subscribe", [name]);
    if (!this.#ears.has(name)) await this.#send("unsubscribe", [name]);
  }

  remove(name: string): void {
    if (!this.#ears.delete(name)) return;
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
    const parting = [...this.#parting].filter((name) => !this.#ears.has(name));
    const joins = this.#joins;
    this.#parting = new Set();
    this.#joins = [];
    // What is not heard of here is dropped; what a lost connection was subscribed to has ended with it.
    for (const names of chunks(parting)) {
      this.#send("unsubscribe", names).catch(() => {});
    }
    for (const some of chunks(joins)) void this.#join(some);
  }

  async #join(joins: readonly Join<Kind>[]): Promise<void> {
    try {
      await this.#subscribe(joins.map(({ ear }) => ear));
      for (const { resolve } of joins) resolve();
    } catch (error) {
      for (const { reject } of joins) {
        reject(error);
      }
    }
  }

  async #subscribe(ears: readonly Kind[]): Promise<void> {
    const names = ears.map(({ name }) => name);
    await Promise.all([this.#send("subscribe", names), this.#options.follow(ears)]);
  }

  async #send(action: "subscribe" | "unsubscribe", names: readonly string[]): Promise<void> {
    const { line, sharded } = this.#options;
    await line.call<unknown>((client) => {
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
      this.#options.complaints.warn("Subscribing again in Redis has failed.", error);
      if (connection === this.#connections) this.#options.line.restart();
    }
  }

  async #subscribeEach(goesOn: () => boolean): Promise<void> {
    for (const ears of chunks([...this.#ears.values()])) {
      await this.#subscribe(ears.filter((ear) => this.has(ear)));
      if (!goesOn()) return;
    }
  }
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const all: Item[][] = [];
  for (let at = 0; at < items.length; at += chunkSize) all.push(items.slice(at, at + chunkSize));
  return all;
}
