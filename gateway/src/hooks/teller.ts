/*
 * Has all hooks told that are to be: it looks for streams with something in them, and measures what waits. `App.start`
 * starts it, and the end of a node stops it while Redis is still there. Without it everything would be stored, and nobody
 * told.
 */

import type { TidingStreams } from "../backplane/tidings.ts";
import type { TellingHook } from "../config/hooks.ts";
import type { TellingMeter } from "../meter.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import { HookCaller } from "./caller.ts";
import { ToldHook } from "./told-hook.ts";

export interface TellerOptions {
  streams: TidingStreams;
  ca: string | undefined;
  meter: TellingMeter;
  log: ThrottledLog;
  /** Unix milliseconds. */
  now(): number;
}

/** Milliseconds between two looks, which find what other nodes have added. */
const lookInterval = 250;
/** Looks between two measurements of what waits. */
const looksPerMeasure = 20;
/** Milliseconds that a node that stops waits for calls under way. */
const handoverLimit = 3_000;

/** A hook's state, as the server API has it. */
export interface HookState {
  name: string;
  state: "taking" | "failing";
  lastError?: { at: number; cause: string };
}

/** Tells the hooks. */
export class Teller {
  readonly #options: TellerOptions;
  readonly #hooks: { hook: TellingHook; caller: HookCaller; told: ToldHook }[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #ticker: NodeJS.Timeout | undefined;
  #looks = 0;
  #stopped = false;

  constructor(hooks: readonly TellingHook[], options: TellerOptions) {
    const { streams, ca, meter, log, now } = options;
    this.#options = options;
    this.#hooks = hooks.map((hook) => {
      const caller = new HookCaller({ url: hook.url, secrets: hook.secrets, ca, now });
      const told = new ToldHook({ hook, streams, caller, meter, log, now, random: Math.random });
      return { hook, caller, told };
    });
  }

  start(): void {
    if (this.#hooks.length === 0) return;
    const waiting = new Set<string>();
    this.#options.streams.onAdded((tag) => {
      if (waiting.has(tag) || this.#stopped) return;
      waiting.add(tag);
      this.#soon(tag, () => waiting.delete(tag));
    });
    this.#ticker = setInterval(() => void this.#look(), lookInterval).unref();
  }

  /** How each hook looks from this node. */
  states(): HookState[] {
    return this.#hooks.map(({ told }) => {
      const { name, failing, lastError } = told;
      return { name, state: failing ? "failing" : "taking", ...(lastError && { lastError }) };
    });
  }

  /** Resolves once the streams are handed over; calls that take too long are given up then. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#ticker);
    for (const timer of this.#timers) clearTimeout(timer);
    const late = setTimeout(() => this.#close(), handoverLimit);
    await Promise.all(this.#hooks.map(({ told }) => told.stop()));
    clearTimeout(late);
    this.#close();
  }

  #close(): void {
    for (const { caller } of this.#hooks) caller.close();
  }

  /** Each hook waits for more to come for as long as its batches say. */
  #soon(tag: string, done: () => void): void {
    let left = this.#hooks.length;
    for (const { hook, told } of this.#hooks) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        left -= 1;
        if (left === 0) done();
        told.added(tag);
      }, hook.batch.wait).unref();
      this.#timers.add(timer);
    }
  }

  async #look(): Promise<void> {
    this.#looks += 1;
    const measures = this.#looks % looksPerMeasure === 1;
    await Promise.all(
      this.#hooks.map(async ({ told }) => {
        try {
          await told.look();
          if (measures) await this.#measure(told.name);
        } catch {
          // Redis is away, which the backplane reports; the next look comes soon.
        }
      }),
    );
  }

  async #measure(hook: string): Promise<void> {
    const { streams, meter, now } = this.#options;
    const { bytes, oldest } = await streams.state(hook);
    meter.tidingsWaiting(hook, bytes, oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1_000);
  }
}
