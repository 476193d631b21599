/*
 * The node's last 15 minutes, a value each 5 s: what `GET /v1/stats` draws its curves from. The values are those of the
 * metrics, read and not counted again, so nothing is added to the way of a message.
 */

import type { Registry } from "prom-client";
import { type Figures, type SeriesName, seriesNames } from "../backplane/reports.ts";
import type { LoopDelay } from "./loop-delay.ts";

/** Milliseconds. Steps end at multiples of it on the clock, so that those of several nodes go together. */
export const figureStep = 5_000;
/** 15 minutes. */
const steps = 180;

export interface RecentFiguresOptions {
  registry: Pick<Registry, "getSingleMetric">;
  loopDelay: Pick<LoopDelay, "quantile">;
  connections(): number;
  /** Unix milliseconds. */
  now(): number;
}

type Sample = Record<SeriesName, number | null>;

/** What counters stood at. */
interface Totals {
  published: number;
  delivered: number;
  dropped: number;
  loop: ReturnType<typeof performance.eventLoopUtilization>;
  /** Publications by the upper bound of their seconds, each with those below it. */
  publishing: Map<number, number>;
}

/**
 * The most that a series says, so that a report of all steps is below 16 KiB whatever happens. Times are in milliseconds
 * with one decimal, memory is in MiB, `loopBusy` in percent.
 */
const ceilings: Record<SeriesName, number> = {
  connections: 9_999_999,
  published: 99_999_999,
  delivered: 999_999_999,
  publishP50: 99_999.9,
  publishP99: 99_999.9,
  loopDelay: 99_999,
  loopBusy: 100,
  memory: 9_999_999,
  dropped: 9_999_999,
};

/** Looks at the node every 5 s while it runs. */
export class RecentFigures {
  readonly #options: RecentFiguresOptions;
  /** By the number of the step, the oldest first. */
  readonly #samples = new Map<number, Sample>();
  #before: Totals | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RecentFiguresOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#look();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** @param since Unix milliseconds; only what is after it */
  since(since: number): Figures {
    const numbers = [...this.#samples.keys()];
    const [newest = stepAt(this.#options.now())] = numbers.slice(-1);
    const [oldest = newest + 1] = numbers;
    const first = Math.max(oldest, newest - steps + 1, Math.floor(since / figureStep) + 1);
    const series = Object.fromEntries(seriesNames.map((name) => [name, this.#values(name, first, newest)]));
    return { at: first * figureStep, step: figureStep, series: series as Figures["series"] };
  }

  #values(name: SeriesName, first: number, newest: number): (number | null)[] {
    const values: (number | null)[] = [];
    // A node that was frozen has no values of that time.
    for (let step = first; step <= newest; step++) values.push(this.#samples.get(step)?.[name] ?? null);
    return values;
  }

  #wait(): void {
    const left = figureStep - (this.#options.now() % figureStep);
    this.#timer = setTimeout(() => {
      void this.#look();
      this.#wait();
    }, left).unref();
  }

  async #look(): Promise<void> {
    const step = stepAt(this.#options.now());
    const totals = await this.#totals();
    const before = this.#before;
    this.#before = totals;
    if (!before) return;
    this.#samples.set(step, this.#sampleOf(before, totals));
    for (const old of this.#samples.keys()) if (old <= step - steps) this.#samples.delete(old);
  }

  #sampleOf(before: Totals, totals: Totals): Sample {
    const { connections, loopDelay } = this.#options;
    const publishing = increase(before.publishing, totals.publishing);
    return bounded({
      connections: connections(),
      published: totals.published - before.published,
      delivered: totals.delivered - before.delivered,
      dropped: totals.dropped - before.dropped,
      publishP50: quantile(publishing, 0.5),
      publishP99: quantile(publishing, 0.99),
      loopDelay: Math.round(loopDelay.quantile(0.99) * 1_000),
      loopBusy: Math.round(performance.eventLoopUtilization(totals.loop, before.loop).utilization * 100),
      memory: Math.round(process.memoryUsage.rss() / 2 ** 20),
    });
  }

  async #totals(): Promise<Totals> {
    const [published, delivered, slow, lost] = await Promise.all([
      this.#read("messages_in_total"),
      this.#read("deliveries_total"),
      this.#read("slow_consumers_total"),
      this.#read("gaps_total"),
    ]);
    const publishing = new Map<number, number>();
    for (const { value, labels, metricName = "" } of await this.#read("publish_seconds")) {
      if (!metricName.endsWith("_bucket")) continue;
      const bound = Number(labels.le === "+Inf" ? Number.POSITIVE_INFINITY : labels.le);
      publishing.set(bound, (publishing.get(bound) ?? 0) + value);
    }
    return {
      published: sum(published),
      delivered: sum(delivered),
      dropped: sum(slow) + sum(lost.filter(({ labels }) => labels.result === "lost")),
      loop: performance.eventLoopUtilization(),
      publishing,
    };
  }

  async #read(name: string): Promise<Value[]> {
    const metric = await this.#options.registry.getSingleMetric(`tidegate_${name}`)?.get();
    return metric?.values ?? [];
  }
}

interface Value {
  value: number;
  labels: Partial<Record<string, string | number>>;
  metricName?: string;
}

function stepAt(time: number): number {
  return Math.floor(time / figureStep);
}

function sum(values: readonly Value[]): number {
  return values.reduce((total, { value }) => total + value, 0);
}

function increase(before: Map<number, number>, after: Map<number, number>): [bound: number, count: number][] {
  const bounds = [...after].map(([bound, count]): [number, number] => [
    bound,
    count - (before.get(bound) ?? 0),
  ]);
  return bounds.sort(([one], [other]) => one - other);
}

/**
 * As Prometheus estimates it: within its bucket in proportion. What is above all bounds is at the highest.
 *
 * @returns milliseconds; null where nothing was published
 */
function quantile(buckets: readonly [bound: number, count: number][], share: number): number | null {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  let lower = 0;
  for (const [bound, count] of buckets) {
    if (count >= rank) {
      if (bound === Number.POSITIVE_INFINITY) break;
      return (lower + ((bound - lower) * (rank - below)) / (count - below)) * 1_000;
    }
    below = count;
    lower = bound;
  }
  return lower * 1_000;
}

function bounded(sample: Sample): Sample {
  const entries = seriesNames.map((name) => {
    const value = sample[name];
    return [name, value === null ? null : Math.min(ceilings[name], Math.round(value * 10) / 10)];
  });
  return Object.fromEntries(entries) as Sample;
}
