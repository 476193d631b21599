import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Meter } from "../meter.ts";

/** What the gauges read when they are scraped. */
export interface MetricsSources {
  version: string;
  connections(): number;
  subscriptions(): number;
  channels(): number;
  /** Bytes that connections have not read yet. */
  queuedBytes(): number;
  draining(): boolean;
}

export interface Metrics {
  meter: Meter;
  registry: Registry;
}

const publishBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const handshakeBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The metrics of one node. No label takes a value that a client chooses. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 10 });
  createGauges(registry, sources);
  createLoopGauge(registry);
  return { registry, meter: { ...connectionMeter(registry), ...messageMeter(registry) } };
}

function createGauges(registry: Registry, sources: MetricsSources): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `tidegate_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("connections", "Connections that are open now.", sources.connections);
  gauge("subscriptions", "Subscriptions of all connections now.", sources.subscriptions);
  gauge("channels", "Channels with at least one subscription on this node now.", sources.channels);
  gauge("queued_bytes", "Bytes that are written but not yet sent to slow readers now.", sources.queuedBytes);
  gauge("draining", "1 while the node is shutting down.", () => Number(sources.draining()));
  const info = new Gauge({
    name: "tidegate_build_info",
    help: "Always 1; the labels say what runs.",
    labelNames: ["version", "node_version"],
    registers: [registry],
  });
  info.set({ version: sources.version, node_version: process.version }, 1);
}

function createLoopGauge(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: "tidegate_event_loop_delay_seconds",
    help: "How late timers ran since the last scrape, by quantile; 1 is the worst.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.99, 1]) this.set({ quantile }, delay.percentile(quantile * 100) / 1e9);
      delay.reset();
    },
  });
}

type ConnectionMeter = Pick<
  Meter,
  | "connectionOpened"
  | "connectionClosed"
  | "refused"
  | "requestHandled"
  | "received"
  | "sent"
  | "slowConsumer"
>;

function connectionMeter(registry: Registry): ConnectionMeter {
  const counter = counterIn(registry);
  const opened = counter("connections_opened_total", "Connections that were accepted.");
  const closed = counter("connections_closed_total", "Connections that ended, by reason.", "reason");
  const handshake = new Histogram({
    name: "tidegate_handshake_seconds",
    help: "From CONNECT to its acceptance, token verification included.",
    buckets: handshakeBuckets,
    registers: [registry],
  });
  const refused = counter("refusals_total", "Handshakes that were refused, by error code.", "code");
  const requests = new Counter({
    name: "tidegate_requests_total",
    help: "Requests of clients, by event (those of the protocol; else `other`) and outcome.",
    labelNames: ["event", "code"],
    registers: [registry],
  });
  const received = counter("received_bytes_total", "Bytes of messages received from clients.");
  const sent = counter("sent_bytes_total", "Bytes of WebSocket frames written to clients.");
  const slow = counter("slow_consumers_total", "Connections closed because they did not read fast enough.");
  return {
    connectionOpened(seconds) {
      opened.inc();
      handshake.observe(seconds);
    },
    connectionClosed: (reason) => closed.inc({ reason }),
    refused: (code) => refused.inc({ code }),
    requestHandled: (event, code) => requests.inc({ event, code }),
    received: (bytes) => received.inc(bytes),
    sent: (bytes) => sent.inc(bytes),
    slowConsumer: () => slow.inc(),
  };
}

type MessageMeter = Omit<Meter, keyof ConnectionMeter>;

function messageMeter(registry: Registry): MessageMeter {
  const counter = counterIn(registry);
  const published = counter("messages_in_total", "Publications that were accepted, by source.", "source");
  const failed = new Counter({
    name: "tidegate_publish_failures_total",
    help: "Publications that failed, by source and error code.",
    labelNames: ["source", "code"],
    registers: [registry],
  });
  const publishing = new Histogram({
    name: "tidegate_publish_seconds",
    help: "From a publication's arrival to its acknowledgement, by source.",
    labelNames: ["source"],
    buckets: publishBuckets,
    registers: [registry],
  });
  const messages = counter("messages_out_total", "Messages that were sent to a room, once for each room.");
  const delivered = counter("deliveries_total", "Messages that were written to connections, once for each.");
  const recoveries = counter("recoveries_total", "Subscribes with `since`, by result.", "result");
  const recovered = counter("recovered_messages_total", "Messages that were replayed to returning clients.");
  const conflated = counter("conflated_messages_total", "Messages that a newer value took the place of.");
  return {
    published(source, seconds, code) {
      publishing.observe({ source }, seconds);
      if (code === "ok") published.inc({ source });
      else failed.inc({ source, code });
    },
    delivered(sent, copies) {
      messages.inc(sent);
      delivered.inc(copies);
    },
    recovered(result, count) {
      recoveries.inc({ result });
      recovered.inc(count);
    },
    conflated: (count) => conflated.inc(count),
  };
}

function counterIn(registry: Registry) {
  return (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `tidegate_${name}`, help, labelNames, registers: [registry] });
}
