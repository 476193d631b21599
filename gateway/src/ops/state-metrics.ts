/*
 * The gauges: what a node is and holds when it is scraped. They are read and not counted, so that none can drift away
 * from what it shows.
 */

import type { BackplaneStatus } from "../backplane/ports.ts";
import type { Series } from "./series.ts";

/** What the gauges read when they are scraped. */
export interface MetricsSources {
  version: string;
  /** Connections that the node is sized for. */
  capacity: number;
  /** Bytes that the process may have. */
  memoryLimit: number;
  connections(): number;
  /** WebSockets that are open, by what they speak. */
  dialects(): [dialect: string, connections: number][];
  subscriptions(): number;
  channels(): number;
  /** Connections that have not read all they were sent, and the bytes. */
  backlog(): { connections: number; bytes: number };
  draining(): boolean;
  /** Connections that were open when the drain began; 0 before. */
  connectionsBeforeDrain(): number;
  healthy(): boolean;
  backplane(): BackplaneStatus;
}

/** Milliseconds for which one walk through all connections serves: as long as a scrape takes. */
const scrape = 50;

/** @returns the same reading to all who ask within a scrape */
function shared<Reading>(read: () => Reading): () => Reading {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Reading | undefined;
  return () => {
    const now = performance.now();
    if (reading === undefined || now - readAt > scrape) {
      reading = read();
      readAt = now;
    }
    return reading;
  };
}

/** What a node is and holds at the moment. */
export function createStateMetrics(series: Series, sources: MetricsSources): void {
  const backlog = shared(sources.backlog);
  series.readGauge("connections", "Connections that are open now.", sources.connections);
  series.readGauges(
    "dialect_connections",
    "WebSockets that are open now, by what they speak: `socketio`, `json` (`/json`) or `text` (`/ws`); those that have not connected yet included.",
    "dialect",
    sources.dialects,
  );
  series.readGauge(
    "capacity_connections",
    "Connections that the node is sized for: `TIDEGATE_CAPACITY`, not a limit.",
    () => sources.capacity,
  );
  series.readGauge("subscriptions", "Subscriptions of all connections now.", sources.subscriptions);
  series.readGauge("channels", "Channels with at least one subscription on this node now.", sources.channels);
  series.readGauge(
    "queued_bytes",
    "Bytes that are written but not yet sent to slow readers now.",
    () => backlog().bytes,
  );
  series.readGauge(
    "backlogged_connections",
    "Connections that have not taken all they were sent now.",
    () => backlog().connections,
  );
  series.readGauge("draining", "1 while the node is shutting down.", () => Number(sources.draining()));
  series.readGauge(
    "drain_connections",
    "Connections that were open when the node began to shut down; 0 before. `tidegate_connections` are left of them.",
    sources.connectionsBeforeDrain,
  );
  createBackplaneMetrics(series, sources);
  const info = series.gauge("build_info", "Always 1; the labels say what runs.", "version", "node_version");
  info.set({ version: sources.version, node_version: process.version }, 1);
}

function createBackplaneMetrics(series: Series, { healthy, backplane }: MetricsSources): void {
  series.readGauge(
    "redis_up",
    "1 while Redis answers; always 1 where the node holds everything in its own memory.",
    () => Number(healthy()),
  );
  series.readGauges(
    "redis_connected",
    "Connections to Redis that are there, by what they are for; one of each for each primary.",
    "connection",
    () => Object.entries(backplane().connected),
  );
  series.readGauge("redis_pending_calls", "Calls that wait for Redis now.", () => backplane().pending);
  series.readGauge(
    "redis_subscription_lag_seconds",
    "How long Redis took for its last answer on the connection that brings messages: these were as late.",
    () => backplane().lag,
  );
  series.readGauge(
    "cluster_nodes",
    "Nodes whose leases hold, as this one knows; itself included.",
    () => backplane().nodes,
  );
}
