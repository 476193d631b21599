import { beforeEach, expect, it } from "vitest";
import { type ErrorCode, failureKinds } from "../../src/errors.ts";
import type { CloseReason } from "../../src/meter.ts";
import { createMetrics, type Metrics, type MetricsSources } from "../../src/ops/metrics.ts";

const codes = Object.keys(failureKinds) as ErrorCode[];
const transportReasons: CloseReason[] = [
  "client_disconnect",
  "transport_close",
  "transport_error",
  "ping_timeout",
  "parse_error",
  "shutdown",
];
const events = [
  "subscribe",
  "unsubscribe",
  "publish",
  "history",
  "presence",
  "refresh",
  "away",
  "back",
  "other",
];

let metrics: Metrics;
let sources: MetricsSources;
let connections: number;

beforeEach(() => {
  connections = 0;
  sources = {
    version: "1.2.3",
    connections: () => connections,
    subscriptions: () => 5,
    channels: () => 4,
    queuedBytes: () => 3,
    draining: () => false,
  };
  metrics = createMetrics(sources);
});

/** The samples of a metric: labels to value. */
async function samples(name: string): Promise<Record<string, number>> {
  const text = await metrics.registry.metrics();
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith(`tidegate_${name} `) || line.startsWith(`tidegate_${name}{`));
  return Object.fromEntries(
    lines.map((line) => [/\{(.*)\}/.exec(line)?.[1] ?? "", Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** Reports everything that can be reported. */
function reportAll(): void {
  const { meter } = metrics;
  meter.connectionOpened(0.01);
  for (const reason of [...codes, ...transportReasons]) meter.connectionClosed(reason);
  for (const code of codes) {
    meter.refused(code);
    for (const event of events) meter.requestHandled(event, code);
    for (const source of ["client", "api"] as const) meter.published(source, 0.001, code);
  }
  meter.received(10);
  meter.sent(20);
  meter.delivered(2, 6);
  meter.recovered("recovered", 7);
  meter.recovered("refused", 0);
  meter.conflated(3);
  meter.slowConsumer();
}

it("count what is reported", async () => {
  const { meter } = metrics;
  reportAll();
  meter.published("client", 0.001, "ok");
  meter.published("api", 0.001, "ok");
  expect(await samples("connections_opened_total")).toEqual({ "": 1 });
  expect(await samples("received_bytes_total")).toEqual({ "": 10 });
  expect(await samples("sent_bytes_total")).toEqual({ "": 20 });
  expect(await samples("messages_in_total")).toEqual({ 'source="client"': 1, 'source="api"': 1 });
  expect(await samples("messages_out_total")).toEqual({ "": 2 });
  expect(await samples("deliveries_total")).toEqual({ "": 6 });
  expect(await samples("recoveries_total")).toEqual({ 'result="recovered"': 1, 'result="refused"': 1 });
  expect(await samples("recovered_messages_total")).toEqual({ "": 7 });
  expect(await samples("conflated_messages_total")).toEqual({ "": 3 });
  expect(await samples("slow_consumers_total")).toEqual({ "": 1 });
  expect(await samples("handshake_seconds_count")).toEqual({ "": 1 });
  expect(await samples("connections_closed_total")).toMatchObject({ 'reason="ping_timeout"': 1 });
  expect(await samples("publish_failures_total")).toMatchObject({ 'source="api",code="timeout"': 1 });
});

it("read the gauges when they are scraped", async () => {
  expect(await samples("connections")).toEqual({ "": 0 });
  connections = 12;
  expect(await samples("connections")).toEqual({ "": 12 });
  expect(await samples("subscriptions")).toEqual({ "": 5 });
  expect(await samples("channels")).toEqual({ "": 4 });
  expect(await samples("queued_bytes")).toEqual({ "": 3 });
  expect(await samples("draining")).toEqual({ "": 0 });
});

it("say what runs, and how late the event loop is", async () => {
  expect(await samples("build_info")).toEqual({ [`version="1.2.3",node_version="${process.version}"`]: 1 });
  expect(Object.keys(await samples("event_loop_delay_seconds"))).toEqual([
    'quantile="0.5"',
    'quantile="0.99"',
    'quantile="1"',
  ]);
});

it("have Node's own beside them", async () => {
  expect(await metrics.registry.metrics()).toContain("nodejs_heap_size_used_bytes");
});

it("have labels of few values, all of them the gateway's own", async () => {
  const known = new Set<string>([
    ...codes,
    ...transportReasons,
    ...events,
    "ok",
    "client",
    "api",
    "recovered",
    "refused",
  ]);
  reportAll();
  const labelled = (await metrics.registry.getMetricsAsJSON()).filter(
    ({ name }) => name.startsWith("tidegate_") && name !== "tidegate_build_info",
  );
  const values = labelled.flatMap((metric) =>
    metric.values.flatMap(({ labels }) =>
      Object.entries(labels).flatMap(([name, value]) =>
        name === "le" || name === "quantile" ? [] : [value],
      ),
    ),
  );
  expect(values.length).toBeGreaterThan(100);
  expect(values.filter((value) => !known.has(String(value)))).toEqual([]);
});

it("are each node's own", async () => {
  metrics.meter.slowConsumer();
  metrics = createMetrics(sources);
  expect(await samples("slow_consumers_total")).toEqual({ "": 0 });
});
