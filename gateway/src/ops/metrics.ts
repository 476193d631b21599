/*
 * Puts the metrics together. `app/core.ts` makes them first and gives the rooms the Meter; what has to be read from
 * the rooms is added once those are there.
 */

import { Registry } from "prom-client";
import type { Meter } from "../meter.ts";
import { connectionMeter } from "./connection-metrics.ts";
import { hookMeter } from "./hook-metrics.ts";
import { LoopDelay } from "./loop-delay.ts";
import { messageMeter } from "./message-metrics.ts";
import { collectNodeMetrics, createProcessMetrics } from "./process-metrics.ts";
import { redisMeter } from "./redis-metrics.ts";
import { Series } from "./series.ts";
import { createStateMetrics, type MetricsSources } from "./state-metrics.ts";

export type { MetricsSources };

export interface Metrics {
  meter: Meter;
  registry: Registry;
  loopDelay: LoopDelay;
  /** Adds what a node is and holds, which is asked for at each scrape. */
  observe(sources: MetricsSources): void;
  /** Adds what Node itself reports, and begins to watch the event loop. */
  start(): void;
  stop(): void;
}

/** The metrics of one node. No label takes a value that a client chooses. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const series = new Series(registry);
  const loopDelay = new LoopDelay();
  return {
    registry,
    loopDelay,
    meter: {
      ...connectionMeter(series),
      ...messageMeter(series),
      ...redisMeter(series),
      ...hookMeter(series),
    },
    observe(sources) {
      createStateMetrics(series, sources);
      createProcessMetrics(series, sources.memoryLimit, loopDelay);
    },
    start() {
      collectNodeMetrics(registry);
      loopDelay.start();
    },
    stop: () => loopDelay.stop(),
  };
}
