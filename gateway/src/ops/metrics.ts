import { collectDefaultMetrics, Registry } from "prom-client";
import type { Meter } from "../meter.ts";
import { connectionMeter } from "./connection-metrics.ts";
import { messageMeter } from "./message-metrics.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { redisMeter } from "./redis-metrics.ts";
import { Series } from "./series.ts";
import { createStateMetrics, type MetricsSources } from "./state-metrics.ts";

export type { MetricsSources } from "./state-metrics.ts";

export interface Metrics {
  meter: Meter;
  registry: Registry;
}

/** The metrics of one node. No label takes a value that a client chooses. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const series = new Series(registry);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  createStateMetrics(series, sources);
  createProcessMetrics(series, sources.memoryLimit);
  return { registry, meter: { ...connectionMeter(series), ...messageMeter(series), ...redisMeter(series) } };
}
