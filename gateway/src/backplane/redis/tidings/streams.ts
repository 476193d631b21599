/*
 * The TidingStreams port on Redis; the tellers of all nodes take events out here, each stream one at a time. The scripts of
 * presence and of the publish queue add to the streams. Without the lease of a stream two nodes would tell the same, and
 * in another order.
 */

import type {
  Dropped,
  Listener,
  SetAside,
  TidingBatch,
  TidingState,
  TidingStreams,
  Told,
} from "../../tidings.ts";
import type { Argument } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { makeNonce, scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import type { TagIndex } from "./tag-index.ts";
import type { Telling } from "./telling.ts";

export interface RedisTidingStreamsOptions {
  shards: Shards;
  keys: Keys;
  index: TagIndex;
  telling: Telling;
  /** This node's name while it runs. */
  address: string;
}

/** Milliseconds for which a node keeps a stream to itself without looking; it looks several times a second. */
const leaseLife = 10_000;
/** Events of a hook that are kept after it has refused them. */
const mostAside = 1_000;

type Raw = (Buffer | number)[];

/** Streams by hook and tag. */
export class RedisTidingStreams implements TidingStreams {
  readonly #options: RedisTidingStreamsOptions;
  /** By stream, the epoch that this node has read last: another one says that Redis may have lost some. */
  readonly #epochs = new Map<string, string>();

  constructor(options: RedisTidingStreamsOptions) {
    this.#options = options;
  }

  async look(hook: string): Promise<string[]> {
    const tags = await this.#options.index.all();
    const found = await this.#waiting(hook, tags, leaseLife);
    const idle = tags.filter((_tag, place) => found[4 * place] === 0);
    const listener = this.#listener(hook);
    if (listener && idle.length > 0) await this.#options.index.forget(idle, listener.keep.age);
    return tags.filter((_tag, place) => found[4 * place + 3] === 1);
  }

  async take(
    hook: string,
    tag: string,
    bound: { size: number; bytes: number },
    told?: Told,
  ): Promise<TidingBatch | undefined> {
    const { shards, keys, address } = this.#options;
    const [counter, stream, lease] = keys.hookStream(hook, tag);
    const known = told?.epoch ?? this.#epochs.get(stream) ?? "";
    const args: Argument[] = [address, leaseLife, makeNonce(), bound.size, bound.bytes];
    args.push(this.#listener(hook)?.keep.age ?? 0, known, told?.number ?? "");
    for (const why of ["keep", "age"]) {
      args.push(told?.dropped.find(({ because }) => because === why)?.count ?? 0);
    }
    const reply = (await shards.of(tag).redis.run(scripts.take, [counter, stream, lease], args)) as Raw;
    if (reply.length === 0) return undefined;
    const [epoch, ...rest] = reply;
    if (rest.length === 0) return { tag, epoch: "", dropped: [], tidings: [] };
    this.#epochs.set(stream, String(epoch));
    return batchOf(tag, String(epoch), rest);
  }

  async release(hook: string, tag: string): Promise<void> {
    const { shards, keys, address } = this.#options;
    const [, , lease] = keys.hookStream(hook, tag);
    await shards.of(tag).redis.run(scripts.release, [lease], [address]);
  }

  async setAside(hook: string, events: readonly SetAside[]): Promise<void> {
    const { shards, keys } = this.#options;
    const list = keys.setAside(hook);
    const texts = events.map((event) => JSON.stringify(event));
    await shards.home.redis.call(async (client) => {
      const pushed = client.lpush(list, ...texts);
      const trimmed = client.ltrim(list, 0, mostAside - 1);
      await Promise.all([pushed, trimmed]);
    });
  }

  async aside(hook: string): Promise<SetAside[]> {
    const { shards, keys } = this.#options;
    const texts = await shards.home.redis.call((client) => client.lrange(keys.setAside(hook), 0, -1));
    return texts.map((text) => JSON.parse(text) as SetAside);
  }

  async state(hook: string): Promise<TidingState> {
    const found = await this.#waiting(hook, await this.#options.index.all());
    const state: TidingState = { waiting: 0, bytes: 0 };
    for (let at = 0; at + 3 < found.length; at += 4) {
      const [waiting = 0, bytes = 0, oldest = 0] = found.slice(at, at + 3);
      state.waiting += waiting;
      state.bytes += bytes;
      if (oldest > 0) state.oldest = Math.min(state.oldest ?? oldest, oldest);
    }
    return state;
  }

  onAdded(listener: (tag: string) => void): void {
    this.#options.telling.onAdded(listener);
  }

  /** @returns four numbers for each tag: see `waiting.lua` */
  async #waiting(hook: string, tags: readonly string[], renewed = 0): Promise<number[]> {
    const { shards, keys, address } = this.#options;
    const ask = async (some: readonly string[]): Promise<number[]> => {
      const [first] = some;
      if (first === undefined) return [];
      const names = some.flatMap((tag) => keys.hookStream(hook, tag));
      return (await shards
        .of(first)
        .redis.run(scripts.waiting, names, [address, renewed], "burst")) as number[];
    };
    // A script has the keys of one slot.
    if (keys.sharded) return (await Promise.all(tags.map((tag) => ask([tag])))).flat();
    return ask(tags);
  }

  #listener(hook: string): Listener | undefined {
    return this.#options.telling.options.listeners.find(({ name }) => name === hook);
  }
}

function batchOf(tag: string, epoch: string, [lost, ...rest]: Raw): TidingBatch {
  const dropped: Dropped[] = lost === 1 ? [{ because: "redis" }] : [];
  for (const [place, because] of (["keep", "age"] as const).entries()) {
    const [count, from, to] = rest.slice(place * 3, place * 3 + 3).map((one) => Number(String(one)));
    if (count) dropped.push({ because, count, from, to });
  }
  const tidings = [];
  for (let at = 6; at + 1 < rest.length; at += 2) {
    tidings.push({ number: Number(rest[at]), text: String(rest[at + 1]) });
  }
  return { tag, epoch, dropped, tidings };
}
