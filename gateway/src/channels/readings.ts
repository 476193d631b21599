/*
 * Owns the reads of channels' pasts that joins are waiting for, and shares one among all who ask for the same within a
 * second. Only `subscriptions.ts` calls it. Without it, a node that comes back would have Redis read the same history
 * once for each of its thousands of clients.
 */

import type { Broker, HistoryPage, ReadBudget, ReadFrom, Retention } from "../backplane/ports.ts";
import type { Feed, Tap } from "./feed.ts";

/** What is to be read of a channel whose feed is open. */
export interface Want {
  feed: Feed;
  retention: Retention;
  from: Exclude<ReadFrom, "top">;
}

/** A channel's past as it was read, and what has come since: together they are as good as a new read. */
export interface Reading {
  readonly feed: Feed;
  readonly tap: Tap;
  readonly page: Promise<HistoryPage | undefined>;
  /** The channel, the start and the size of the read: whoever asks for the same shares it. */
  readonly name: string;
  /** Milliseconds on the monotonic clock. */
  readonly began: number;
  /** Joins that need it. */
  users: number;
}

/** Milliseconds for which a reading is shared: what is cleared, or ages, may be read for so long after. */
const lifetime = 1_000;
/** Readings that are kept for others; each has at most what fits into a reply. */
const maxShared = 256;

/**
 * Reads what newcomers have missed. Whoever a broken node or network threw out together comes back to the same place:
 * those who ask for the same within a second share one read.
 */
export class Readings {
  readonly #broker: Pick<Broker, "read">;
  /** The oldest first. */
  readonly #shared = new Map<string, Reading>();
  #timer: NodeJS.Timeout | undefined;

  constructor(broker: Pick<Broker, "read">) {
    this.#broker = broker;
  }

  /** Makes one call for all that nobody has read lately. Each reading is released once. */
  take(wants: readonly Want[], budget: ReadBudget): Reading[] {
    const found = wants.map((want) => this.#find(want, budget));
    const missing = wants.filter((_want, index) => !found[index]);
    const begun = missing.length === 0 ? [] : this.#begin(missing, budget);
    return found.flatMap((reading) => reading ?? begun.shift() ?? []);
  }

  release(reading: Reading): void {
    reading.users -= 1;
    this.#untapUnused(reading);
  }

  /** Shares the reading no more: the next join reads again. */
  forget(reading: Reading): void {
    if (this.#shared.get(reading.name) !== reading) return;
    this.#shared.delete(reading.name);
    this.#untapUnused(reading);
  }

  #find({ feed, from }: Want, budget: ReadBudget): Reading | undefined {
    const reading = this.#shared.get(nameOf(feed, from, budget));
    // Another feed of the channel means that the node was not subscribed for a time: the tap has a hole there.
    if (reading?.feed !== feed || isOld(reading)) return undefined;
    reading.users += 1;
    return reading;
  }

  #begin(wants: readonly Want[], budget: ReadBudget): Reading[] {
    // The taps come first: a delivery between the read and its tap would be in neither.
    const taps = wants.map(({ feed }) => feed.tap());
    const reads = wants.map(({ feed, retention, from }) => ({ channel: feed.channel, retention, from }));
    const pages = this.#broker.read(reads, budget);
    const began = performance.now();
    const readings = wants.map(({ feed, from }, index): Reading => {
      const page = pages.then((all) => all[index]);
      const tap = taps[index] ?? feed.tap();
      return { feed, tap, page, name: nameOf(feed, from, budget), began, users: 1 };
    });
    for (const reading of readings) this.#share(reading);
    this.#sweep();
    return readings;
  }

  #share(reading: Reading): void {
    const former = this.#shared.get(reading.name);
    if (former) this.forget(former);
    this.#shared.set(reading.name, reading);
    reading.page.catch(() => this.forget(reading));
  }

  /** Forgets what is too old, or too much. */
  #sweep(): void {
    for (const reading of this.#shared.values()) {
      if (!isOld(reading) && this.#shared.size <= maxShared) break;
      this.forget(reading);
    }
    if (this.#shared.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sweep();
    }, lifetime).unref();
  }

  /** The tap of a reading that nobody uses or shares would only grow. */
  #untapUnused(reading: Reading): void {
    if (reading.users === 0 && this.#shared.get(reading.name) !== reading) reading.feed.untap(reading.tap);
  }
}

function isOld({ began }: Reading): boolean {
  return performance.now() - began >= lifetime;
}

function nameOf({ channel }: Feed, from: Want["from"], { bytes }: ReadBudget): string {
  return `${typeof from === "string" ? from : `${from.epoch}:${from.offset}`} ${bytes} ${channel}`;
}
