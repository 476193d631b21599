/*
 * Events for hooks, where there is one node: a stream for each hook, as long as the process lives. Presence, users and
 * broker add to it in the step in which an event becomes true, as the scripts of `redis/` do.
 */

import type { TidingKind } from "../../config/hooks.ts";
import { formatPosition } from "../../protocol/position.ts";
import { randomText } from "../../random.ts";
import type {
  Dropped,
  Listener,
  SetAside,
  Tiding,
  TidingBatch,
  TidingOptions,
  TidingState,
  TidingStreams,
  Told,
} from "../tidings.ts";

const tag = "0";
const mostAside = 1_000;

interface Stored extends Tiding {
  /** Unix milliseconds. */
  time: number;
  bytes: number;
}

/** The events for one hook. */
class Stream {
  readonly listener: Listener;
  readonly epoch = randomText(6, "hex");
  readonly dropped = new Map<Dropped["because"], Dropped & { count: number }>();
  readonly aside: SetAside[] = [];
  #number = 0;
  #stored: Stored[] = [];
  #bytes = 0;

  constructor(listener: Listener) {
    this.listener = listener;
  }

  get stored(): readonly Stored[] {
    return this.#stored;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(kind: TidingKind, key: string, time: number, members: object): void {
    this.#number += 1;
    const order = formatPosition({ epoch: this.epoch, offset: this.#number });
    const id = `${tag}-${this.epoch}-${this.#number}`;
    const text = JSON.stringify({ id, type: kind, time, key, order, ...members });
    const bytes = Buffer.byteLength(text);
    this.#stored.push({ number: this.#number, text, time, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.listener.keep.size) this.#drop("keep");
  }

  dropAged(now: number): void {
    while (this.#stored[0] && this.#stored[0].time < now - this.listener.keep.age) this.#drop("age");
  }

  forget({ epoch, number, dropped }: Told): void {
    if (epoch !== this.epoch) return;
    this.#stored = this.#stored.filter((one) => one.number > number);
    this.#bytes = this.#stored.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { because, count = 0 } of dropped) {
      const noted = this.dropped.get(because);
      if (noted) noted.count -= count;
      if (noted && noted.count <= 0) this.dropped.delete(because);
    }
  }

  #drop(because: "keep" | "age"): void {
    const oldest = this.#stored.shift();
    if (!oldest) return;
    this.#bytes -= oldest.bytes;
    const { time } = oldest;
    const noted = this.dropped.get(because) ?? { because, count: 0, from: time, to: time };
    this.dropped.set(because, { ...noted, count: noted.count + 1, to: time });
  }
}

/** What hooks are told, in this process. */
export class MemoryTidings implements TidingStreams {
  readonly options: TidingOptions;
  readonly #now: () => number;
  readonly #streams = new Map<string, Stream>();
  readonly #listeners: ((tag: string) => void)[] = [];

  /** @param now Unix milliseconds */
  constructor(options: TidingOptions, now: () => number) {
    this.options = options;
    this.#now = now;
    for (const listener of options.listeners) this.#streams.set(listener.name, new Stream(listener));
  }

  /** @param channel of what is heard by its pattern */
  tell(kind: TidingKind, key: string, members: object, channel?: string): void {
    const now = this.#now();
    for (const stream of this.#streams.values()) {
      const { kinds, hears } = stream.listener;
      if (!kinds.has(kind) || (channel !== undefined && !hears(channel))) continue;
      stream.add(kind, key, now, members);
      for (const heard of this.#listeners) heard(tag);
    }
  }

  async look(hook: string): Promise<string[]> {
    const stream = this.#streams.get(hook);
    return stream && (stream.stored.length > 0 || stream.dropped.size > 0) ? [tag] : [];
  }

  async take(
    hook: string,
    _tag: string,
    { size, bytes }: { size: number; bytes: number },
    told?: Told,
  ): Promise<TidingBatch | undefined> {
    const stream = this.#streams.get(hook);
    if (!stream) return undefined;
    if (told) stream.forget(told);
    stream.dropAged(this.#now());
    const tidings: Tiding[] = [];
    let sum = 0;
    for (const { number, text, bytes: own } of stream.stored.slice(0, size)) {
      sum += own;
      if (tidings.length > 0 && sum > bytes) break;
      tidings.push({ number, text });
    }
    return { tag, epoch: stream.epoch, dropped: [...stream.dropped.values()], tidings };
  }

  async release(): Promise<void> {}

  async setAside(hook: string, events: readonly SetAside[]): Promise<void> {
    const aside = this.#streams.get(hook)?.aside;
    aside?.unshift(...[...events].reverse());
    aside?.splice(mostAside);
  }

  async aside(hook: string): Promise<SetAside[]> {
    return [...(this.#streams.get(hook)?.aside ?? [])];
  }

  async state(hook: string): Promise<TidingState> {
    const stream = this.#streams.get(hook);
    const oldest = stream?.stored[0]?.time;
    return {
      waiting: stream?.stored.length ?? 0,
      bytes: stream?.bytes ?? 0,
      ...(oldest !== undefined && { oldest }),
    };
  }

  onAdded(listener: (tag: string) => void): void {
    this.#listeners.push(listener);
  }
}
