import { Redis } from "ioredis";
import type { RedisServer } from "../support/redis-server.ts";

/** A message on a pub/sub channel; its bytes as characters from 0 to 255. */
export interface Message {
  channel: string;
  bytes: string;
}

/** A key with what it holds, every byte string as characters from 0 to 255. */
export interface Entry {
  key: string;
  /** Milliseconds for which it lives; absent where it does not expire. */
  ttl?: number;
  value:
    | { string: string }
    | { hash: Fields }
    | { set: string[] }
    | { sorted: Fields }
    | { stream: [id: string, fields: string[]][] };
}

/** Members with their scores, or fields with their values, in the order of their names. */
type Fields = [name: string, value: string][];

/** Hears everything that is published in a Redis, and sees what is stored there. */
export class Spy {
  readonly messages: Message[] = [];
  readonly #client: Redis;
  readonly #subscriber: Redis;

  private constructor(port: number) {
    this.#client = new Redis(port, "127.0.0.1");
    this.#subscriber = new Redis(port, "127.0.0.1");
    this.#subscriber.on("pmessageBuffer", (_pattern, channel: Buffer, bytes: Buffer) => {
      this.messages.push({ channel: channel.toString("latin1"), bytes: bytes.toString("latin1") });
    });
  }

  static async place({ port }: RedisServer): Promise<Spy> {
    const spy = new Spy(port);
    await spy.#subscriber.psubscribe("*");
    return spy;
  }

  async entries(): Promise<Entry[]> {
    const keys = await this.#client.keys("*");
    return Promise.all(keys.sort().map((key) => this.#entry(key)));
  }

  stop(): void {
    this.#client.disconnect();
    this.#subscriber.disconnect();
  }

  async #entry(key: string): Promise<Entry> {
    const left = await this.#client.pttl(key);
    const value = await this.#value(key);
    return left < 0 ? { key, value } : { key, ttl: left, value };
  }

  async #value(key: string): Promise<Entry["value"]> {
    const type = await this.#client.type(key);
    if (type === "string") return { string: latin(await this.#client.getBuffer(key)) };
    if (type === "hash") return { hash: pairs(await this.#client.callBuffer("HGETALL", key)) };
    if (type === "zset")
      return { sorted: pairs(await this.#client.callBuffer("ZRANGE", key, 0, -1, "WITHSCORES")) };
    if (type === "set") return { set: (await this.#client.smembersBuffer(key)).map(latin).sort() };
    if (type === "stream")
      return { stream: entriesOf(await this.#client.callBuffer("XRANGE", key, "-", "+")) };
    throw new TypeError(`${key} is a ${type}, which no recording has had.`);
  }
}

function latin(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString("latin1") : String(bytes);
}

function pairs(flat: unknown): Fields {
  // Some commands answer with pairs, others with one list.
  const values = (flat as (Buffer | Buffer[])[]).flat().map(latin);
  const found = values.flatMap((name, at): Fields => (at % 2 === 0 ? [[name, values[at + 1] ?? ""]] : []));
  return found.sort(([one], [other]) => (one < other ? -1 : 1));
}

function entriesOf(raw: unknown): [string, string[]][] {
  return (raw as [Buffer, Buffer[]][]).map(([id, fields]) => [latin(id), fields.map(latin)]);
}
