import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Series } from "./series.ts";

/** Milliseconds between two samples of the event loop's delay. */
const resolution = 10;
const quantiles = [0.5, 0.99, 1];

/**
 * How the process does, beyond what Node's own metrics say.
 *
 * @param memoryLimit bytes that it may have
 */
export function createProcessMetrics(series: Series, memoryLimit: number): void {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  series.readGauges(
    "event_loop_delay_seconds",
    "How late timers ran since the last scrape, by quantile; 1 is the worst.",
    "quantile",
    () => {
      const readings = quantiles.map((quantile): [string, number] => {
        return [String(quantile), latenessOf(delay.percentile(quantile * 100))];
      });
      delay.reset();
      return readings;
    },
  );
  series.readCounter(
    "event_loop_active_seconds_total",
    "Time in which the event loop had something to do; its rate is the loop's utilisation, from 0 to 1.",
    () => performance.eventLoopUtilization().active / 1_000,
  );
  series.readGauge(
    "memory_limit_bytes",
    "Memory that the process may have: TIDEGATE_MEMORY_LIMIT, else its container's limit or the machine's memory.",
    () => memoryLimit,
  );
  series.readGauge(
    "heap_limit_bytes",
    "Size that V8 lets the heap grow to.",
    () => getHeapStatistics().heap_size_limit,
  );
}

/** @param interval nanoseconds between two samples, which stand at the resolution where nothing is late */
function latenessOf(interval: number): number {
  return Math.max(0, interval / 1e9 - resolution / 1_000);
}
