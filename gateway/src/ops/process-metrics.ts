/*
 * What the platform's own metrics do not say of the process: how late its loop is, and how near its memory is to the
 * limit.
 */

import { getHeapStatistics } from "node:v8";
import type { LoopDelay } from "./loop-delay.ts";
import type { Series } from "./series.ts";

const quantiles = [0.5, 0.99, 1];

/**
 * How the process does, beyond what Node's own metrics say.
 *
 * @param memoryLimit bytes that it may have
 */
export function createProcessMetrics(series: Series, memoryLimit: number, delay: LoopDelay): void {
  series.readGauges(
    "event_loop_delay_seconds",
    "How late timers ran in the last 30 to 60 s, by quantile; 1 is the worst.",
    "quantile",
    () => quantiles.map((quantile) => [String(quantile), delay.quantile(quantile)]),
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
