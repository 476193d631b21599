/*
 * Measures how late the event loop is, for the metrics. `prom-client` resets its own measure at each scrape, so two
 * that scrape would each see a part.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";

type Look = ReturnType<typeof monitorEventLoopDelay>;

/** Milliseconds between two samples of the event loop's delay. */
const resolution = 10;
/** Milliseconds after which a new look at the event loop begins, and the older of the two ends. */
const half = 30_000;

/**
 * How late timers were in the last 30 to 60 s, whoever asks and however often: two looks overlap, and the older one
 * answers until the younger one has seen enough.
 */
export class LoopDelay {
  #older: Look | undefined;
  #younger: Look | undefined;
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#older = look();
    this.#younger = look();
    this.#timer = setInterval(() => this.#turn(), half).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#older?.disable();
    this.#younger?.disable();
  }

  /** @returns seconds; of 1 the worst */
  quantile(quantile: number): number {
    // Nanoseconds between two samples, which stand at the resolution where nothing is late.
    const interval = this.#older?.percentile(quantile * 100) ?? 0;
    return Math.max(0, interval / 1e9 - resolution / 1_000);
  }

  #turn(): void {
    this.#older?.disable();
    this.#older = this.#younger;
    this.#younger = look();
  }
}

function look(): Look {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return histogram;
}
