/*
 * Tells one hook what has happened, from the streams of which this node has the lease: oldest first, a batch at a time, each
 * until it is taken. `teller.ts` has one for each hook. What an answer means is decided here: some speak of single events,
 * all others of the hook.
 */

import type { TidingBatch, TidingStreams, Told } from "../backplane/tidings.ts";
import type { TellingHook } from "../config/hooks.ts";
import type { TellingMeter } from "../meter.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import { Backoff } from "./backoff.ts";
import { mostBytes, parcelOf } from "./batch.ts";
import { CallFailure, type HookCaller } from "./caller.ts";

export interface ToldHookOptions {
  hook: TellingHook;
  streams: TidingStreams;
  caller: Pick<HookCaller, "call">;
  meter: TellingMeter;
  log: ThrottledLog;
  /** Unix milliseconds. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
}

/** Answers that speak of an event: that it cannot be used. */
const ofEvents = new Set([400, 413, 422]);
/** Milliseconds after a stream was told in which what is added waits for the next look: calls of few events cost the most. */
const rest = 200;
/** So many events in a row that are refused speak of the hook. */
const mostRefused = 10;

/** What became of a call. */
type Outcome =
  | { taken: true }
  | { taken: false; status: number | undefined; retryAfter?: string | undefined };

/** What was wrong with the last call that failed. */
export interface LastError {
  /** Unix milliseconds. */
  at: number;
  cause: string;
}

/** A backend that is told. */
export class ToldHook {
  readonly #options: ToldHookOptions;
  readonly #backoff: Backoff;
  /** Streams of which this node has the lease, and those that are being told. */
  readonly #held = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  /** By stream, when it was told last, on the monotonic clock. */
  readonly #toldAt = new Map<string, number>();
  #pausedUntil = 0;
  /** Events in a row that were refused. */
  #refused = 0;
  #stopping = false;
  lastError: LastError | undefined;

  constructor(options: ToldHookOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    options.meter.tellsHook(options.hook.name);
  }

  get name(): string {
    return this.#options.hook.name;
  }

  get failing(): boolean {
    return this.#backoff.failing;
  }

  /** Looks which streams there are to tell. A hook that does not take anything is tried with one of them. */
  async look(): Promise<void> {
    const { streams, now } = this.#options;
    if (this.#stopping || now() < this.#pausedUntil) return;
    const tags = await streams.look(this.name);
    for (const tag of this.failing ? tags.slice(0, 1) : tags) this.tell(tag);
  }

  /** Something was added to a stream. */
  added(tag: string): void {
    if (performance.now() - (this.#toldAt.get(tag) ?? Number.NEGATIVE_INFINITY) >= rest) this.tell(tag);
  }

  /** Tells what there is in a stream, unless that is under way. */
  tell(tag: string): void {
    if (this.#stopping || this.#running.has(tag) || this.#options.now() < this.#pausedUntil) return;
    if (this.failing && this.#running.size > 0) return;
    const run = this.#drain(tag)
      .catch((error) => this.#options.log.write("tidings_not_read", { cause: error }))
      .finally(() => {
        this.#running.delete(tag);
        this.#toldAt.set(tag, performance.now());
      });
    this.#running.set(tag, run);
  }

  /** Waits for the calls under way, and hands the streams to other nodes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running.values());
    await Promise.allSettled([...this.#held].map((tag) => this.#options.streams.release(this.name, tag)));
  }

  async #drain(tag: string): Promise<void> {
    const { hook, streams } = this.#options;
    let told: Told | undefined;
    let size = hook.batch.size;
    while (told !== undefined || !this.#stopping) {
      const batch = await streams.take(this.name, tag, { size, bytes: mostBytes }, told);
      if (!batch) return void this.#held.delete(tag);
      this.#held.add(tag);
      told = undefined;
      if ((batch.tidings.length === 0 && batch.dropped.length === 0) || this.#stopping) return;
      const outcome = await this.#call(batch);
      if (outcome.taken) {
        told = this.#took(batch);
        size = Math.min(size * 2, hook.batch.size);
      } else if (!this.#speaksOfEvents(outcome)) {
        this.#pause(outcome);
        return;
      } else if (batch.tidings.length > 1) {
        size = Math.ceil(batch.tidings.length / 2);
      } else {
        told = await this.#setAside(batch, outcome.status ?? 0);
        if (told === undefined) return;
      }
    }
  }

  async #call(batch: TidingBatch): Promise<Outcome> {
    const { hook, caller, meter, now } = this.#options;
    const { id, body, events } = parcelOf(this.name, batch, now());
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1_000;
    try {
      const { status, retryAfter } = await caller.call({ id, body, timeout: hook.timeout });
      const taken = status >= 200 && status < 300;
      meter.told(this.name, taken ? "taken" : ofEvents.has(status) ? "refused" : "failed", seconds(), events);
      if (taken) return { taken };
      this.#note(`status ${status}`);
      return { taken, status, retryAfter };
    } catch (error) {
      meter.told(this.name, "failed", seconds(), events);
      this.#note(error instanceof CallFailure ? error.message : "the call failed");
      return { taken: false, status: undefined };
    }
  }

  #note(cause: string): void {
    const { log, now } = this.#options;
    this.lastError = { at: now(), cause };
    log.write("hook_not_told", { hook: this.name, cause }, this.name);
  }

  #took(batch: TidingBatch): Told {
    this.#backoff.succeeded();
    this.#refused = 0;
    return this.#toldOf(batch);
  }

  #toldOf({ epoch, dropped, tidings }: TidingBatch): Told {
    for (const { because, count = 1 } of dropped)
      this.#options.meter.tidingsDropped(this.name, because, count);
    return { epoch, dropped, number: tidings.at(-1)?.number ?? 0 };
  }

  #speaksOfEvents({ status }: { status: number | undefined }): boolean {
    return status !== undefined && ofEvents.has(status) && this.#refused < mostRefused;
  }

  #pause({ retryAfter }: { retryAfter?: string | undefined }): void {
    const { now } = this.#options;
    this.#refused = 0;
    this.#pausedUntil = now() + this.#backoff.failed(retryAfter, now());
  }

  /** @returns undefined where it could not be kept: it stays where it is then */
  async #setAside(batch: TidingBatch, status: number): Promise<Told | undefined> {
    const { streams, now, meter } = this.#options;
    this.#refused += 1;
    const events = batch.tidings.map(({ text }) => ({
      at: now(),
      status,
      event: JSON.parse(text) as unknown,
    }));
    if (events.length > 0) await streams.setAside(this.name, events);
    meter.setAside(this.name, events.length);
    return this.#toldOf(batch);
  }
}
