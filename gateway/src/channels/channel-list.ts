/*
 * Lists the channels of this node that have a subscriber, a page at a time. `api/channels.ts` asks every node for one
 * and puts them together. A node may have a million: it goes through them in slices, and no more often than once a
 * second, whoever asks and however often.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChannelCount, ChannelPage, ChannelQuery } from "../backplane/reports.ts";
import { Failure } from "../errors.ts";
import { compareBytes } from "../protocol/channel-name.ts";

/** Milliseconds of the event loop that one slice takes. */
const slice = 2;
/** Channels between two looks at the clock. */
const stride = 32;
/** Milliseconds from the start of a scan to that of the next one. */
const pause = 1_000;
/** Different questions that one scan answers. */
const most = 32;

/** A question that waits for a scan, with what was found for it so far. */
interface Asked {
  page: FirstOf;
  answer: Promise<ChannelPage>;
  resolve(page: ChannelPage): void;
}

/** The channels with a subscriber here. */
export class ChannelList {
  /** They may change while they are gone through. */
  readonly #channels: () => Iterable<ChannelCount>;
  /** By what is asked for: the same question is asked once a scan. */
  #waiting = new Map<string, Asked>();
  #scanning = false;

  constructor(channels: () => Iterable<ChannelCount>) {
    this.#channels = channels;
  }

  /** @throws Failure `unavailable` where too many different questions wait already */
  page(query: ChannelQuery): Promise<ChannelPage> {
    const key = JSON.stringify([query.prefix, query.after, query.limit]);
    const known = this.#waiting.get(key);
    if (known) return known.answer;
    if (this.#waiting.size >= most) return Promise.reject(new Failure("unavailable"));
    const { promise: answer, resolve } = Promise.withResolvers<ChannelPage>();
    this.#waiting.set(key, { page: new FirstOf(query), answer, resolve });
    if (!this.#scanning) void this.#scanAll();
    return answer;
  }

  /** One scan after the other, while somebody asks. */
  async #scanAll(): Promise<void> {
    this.#scanning = true;
    while (this.#waiting.size > 0) {
      const asked = [...this.#waiting.values()];
      this.#waiting = new Map();
      const paused = new Promise<void>((go) => setTimeout(go, pause).unref());
      await this.#scan(asked.map(({ page }) => page));
      for (const { page, resolve } of asked) resolve(page.result);
      await paused;
    }
    this.#scanning = false;
  }

  async #scan(pages: readonly FirstOf[]): Promise<void> {
    let began = performance.now();
    let seen = 0;
    for (const channel of this.#channels()) {
      for (const page of pages) page.offer(channel);
      seen += 1;
      if (seen % stride !== 0 || performance.now() - began < slice) continue;
      await nextTurn();
      began = performance.now();
    }
  }
}

/** The first channels of a query, among those that are offered. */
class FirstOf {
  readonly #query: ChannelQuery;
  /** In order. */
  readonly #found: ChannelCount[] = [];
  #more = false;

  constructor(query: ChannelQuery) {
    this.#query = query;
  }

  get result(): ChannelPage {
    return { channels: this.#found, more: this.#more };
  }

  offer(offered: ChannelCount): void {
    const { prefix, after, limit } = this.#query;
    const { channel } = offered;
    if (!channel.startsWith(prefix) || compareBytes(channel, after) <= 0) return;
    const last = this.#found.at(-1);
    if (this.#found.length >= limit) {
      this.#more = true;
      if (last && compareBytes(channel, last.channel) >= 0) return;
      this.#found.pop();
    }
    this.#found.splice(this.#placeOf(channel), 0, offered);
  }

  #placeOf(channel: string): number {
    let low = 0;
    let high = this.#found.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.#found[middle]?.channel ?? "", channel) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
