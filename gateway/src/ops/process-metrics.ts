/*
 * How the process does: what Node reports of itself, without what a scrape would hold the event loop up for, and what
 * that does not say, how late its loop is and how near its memory is to the limit. With thousands of connections the
 * metrics that list every handle and every open file took most of 40 ms.
 */

import { readdirSync, statSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";
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

/** Each makes a list of all sockets, to count it. */
const listing = ["handles", "resources", "requests"].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);
const openFiles = "process_open_fds";
const folder = "/proc/self/fd";

/** Adds what Node itself reports, but for what is dear. */
export function collectNodeMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  for (const name of listing) registry.removeSingleMetric(name);
  if (!registry.getSingleMetric(openFiles)) return;
  registry.removeSingleMetric(openFiles);
  new Gauge({
    name: openFiles,
    help: "Number of open file descriptors.",
    registers: [registry],
    collect() {
      const count = attempt(countOpenFiles);
      if (count === undefined) this.remove();
      else this.set(count);
    },
  });
}

/** Linux 6.2 and later say how many there are; for others they have to be listed. */
function countOpenFiles(): number {
  const { size } = statSync(folder);
  return size > 0 ? size : readdirSync(folder).length - 1;
}

/** Where no descriptor is left, the reading fails. */
function attempt(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
