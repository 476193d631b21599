import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type ErrorCode, failureKinds } from "../../src/errors.ts";
import { dialects } from "../../src/fanout/dialect.ts";
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
    dialects: () => dialects.map((dialect) => [dialect, 3]),
    subscriptions: () => 5,
    channels: () => 4,
    capacity: 10_000,
    memoryLimit: 123_000_000,
    backlog: () => ({ connections: 2, bytes: 3 }),
    healthy: () => true,
    backplane: () => ({
      connected: { commands: 1, subscriber: 0, reads: 1 },
      pending: 6,
      lag: 0.25,
      nodes: 7,
    }),
    draining: () => false,
    connectionsBeforeDrain: () => 2,
  };
  metrics = make(sources);
});

afterEach(() => metrics.stop());

function make(observed: MetricsSources): Metrics {
  const made = createMetrics();
  made.observe(observed);
  made.start();
  return made;
}

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
  meter.dropped(30);
  meter.delivered(2, 6, 0.02);
  meter.delivered(1, 1);
  meter.recovered("recovered", 7);
  meter.recovered("too_old", 0);
  meter.recovered("reset", 0);
  meter.conflated(3);
  meter.slowConsumer();
  for (const role of ["commands", "subscriber", "reads"] as const) {
    meter.redisConnected(role);
    meter.redisAnswered(role, 0.002);
    meter.redisFailed(role);
  }
  for (const result of ["found", "repaired", "lost"] as const) meter.gap(result);
  meter.leaseLost();
  meter.unreached(2);
  meter.drainForced(4);
  meter.rebalanced();
  meter.turnedAway("lag");
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
  expect(await samples("messages_out_total")).toEqual({ "": 3 });
  expect(await samples("deliveries_total")).toEqual({ "": 7 });
  expect(await samples("delivery_seconds_count")).toEqual({ "": 1 });
  expect(await samples("delivery_seconds_sum")).toEqual({ "": 0.02 });
  expect(await samples("dropped_bytes_total")).toEqual({ "": 30 });
  expect(await samples("recoveries_total")).toEqual({
    'result="recovered"': 1,
    'result="too_old"': 1,
    'result="reset"': 1,
  });
  expect(await samples("recovered_messages_total")).toEqual({ "": 7 });
  expect(await samples("conflated_messages_total")).toEqual({ "": 3 });
  expect(await samples("slow_consumers_total")).toEqual({ "": 1 });
  expect(await samples("handshakes_turned_away_total")).toMatchObject({
    'reason="lag"': 1,
    'reason="rate"': 0,
  });
  expect(await samples("drain_forced_total")).toEqual({ "": 4 });
  expect(await samples("rebalanced_total")).toEqual({ "": 1 });
  expect(await samples("handshake_seconds_count")).toEqual({ "": 1 });
  expect(await samples("connections_closed_total")).toMatchObject({ 'reason="ping_timeout"': 1 });
  expect(await samples("publish_failures_total")).toMatchObject({ 'source="api",code="timeout"': 1 });
});

it("count what happens between the node and Redis", async () => {
  reportAll();
  const each = { 'connection="commands"': 1, 'connection="subscriber"': 1, 'connection="reads"': 1 };
  expect(await samples("redis_connects_total")).toEqual(each);
  expect(await samples("redis_call_seconds_count")).toEqual(each);
  expect(await samples("redis_call_failures_total")).toEqual(each);
  expect(await samples("gaps_total")).toEqual({
    'result="found"': 1,
    'result="repaired"': 1,
    'result="lost"': 1,
  });
  expect(await samples("leases_lost_total")).toEqual({ "": 1 });
  expect(await samples("unreached_nodes_total")).toEqual({ "": 2 });
});

it("are there before anything has happened, so that the first increase is seen", async () => {
  expect(await samples("gaps_total")).toMatchObject({ 'result="lost"': 0 });
  expect(await samples("refusals_total")).toMatchObject({ 'code="unauthorized"': 0 });
  expect(await samples("connections_closed_total")).toMatchObject({ 'reason="slow_consumer"': 0 });
  expect(await samples("redis_call_seconds_count")).toMatchObject({ 'connection="commands"': 0 });
});

it("read the gauges when they are scraped", async () => {
  expect(await samples("connections")).toEqual({ "": 0 });
  connections = 12;
  expect(await samples("connections")).toEqual({ "": 12 });
  expect(await samples("subscriptions")).toEqual({ "": 5 });
  expect(await samples("channels")).toEqual({ "": 4 });
  expect(await samples("queued_bytes")).toEqual({ "": 3 });
  expect(await samples("backlogged_connections")).toEqual({ "": 2 });
  expect(await samples("draining")).toEqual({ "": 0 });
  expect(await samples("capacity_connections")).toEqual({ "": 10_000 });
  expect(await samples("redis_up")).toEqual({ "": 1 });
  expect(await samples("redis_connected")).toEqual({
    'connection="commands"': 1,
    'connection="subscriber"': 0,
    'connection="reads"': 1,
  });
  expect(await samples("redis_pending_calls")).toEqual({ "": 6 });
  expect(await samples("redis_subscription_lag_seconds")).toEqual({ "": 0.25 });
  expect(await samples("cluster_nodes")).toEqual({ "": 7 });
  expect(await samples("drain_connections")).toEqual({ "": 2 });
});

it("are scraped without those that cannot be read at the moment", async () => {
  let failing = true;
  const read = <T>(value: T) => {
    if (failing) throw new Error("EMFILE: too many open files");
    return value;
  };
  const status = sources.backplane();
  metrics.stop();
  metrics = make({ ...sources, channels: () => read(4), backplane: () => read(status) });
  expect(await samples("channels")).toEqual({});
  expect(await samples("redis_connected")).toEqual({});
  expect(await samples("subscriptions")).toEqual({ "": 5 });
  failing = false;
  expect(await samples("channels")).toEqual({ "": 4 });
  expect(Object.keys(await samples("redis_connected"))).toHaveLength(3);
});

it("say what runs, and how late the event loop is", async () => {
  expect(await samples("build_info")).toEqual({ [`version="1.2.3",node_version="${process.version}"`]: 1 });
  expect(Object.keys(await samples("event_loop_delay_seconds"))).toEqual([
    'quantile="0.5"',
    'quantile="0.99"',
    'quantile="1"',
  ]);
});

it("tell a blocked event loop from an idle one, and how busy it is", async () => {
  await samples("event_loop_delay_seconds");
  const before = Number((await samples("event_loop_active_seconds_total"))[""]);
  await vi.waitFor(async () => {
    const until = performance.now() + 120;
    while (performance.now() < until);
    // The sample that finds out is taken in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await samples("event_loop_delay_seconds"))['quantile="1"']).toBeGreaterThan(0.09);
  });
  expect((await samples("event_loop_active_seconds_total"))[""]).toBeGreaterThan(before + 0.1);
});

it("know what memory there is", async () => {
  const { "": limit = 0 } = await samples("memory_limit_bytes");
  expect(limit).toBeGreaterThan(process.memoryUsage.rss());
  expect(limit).toBeLessThanOrEqual(totalmem());
  expect(await samples("heap_limit_bytes")).toEqual({ "": getHeapStatistics().heap_size_limit });
});

it("have Node's own beside them", async () => {
  const text = await metrics.registry.metrics();
  expect(text).toContain("nodejs_heap_size_used_bytes");
  expect(text).toMatch(/^process_open_fds [1-9]/m);
  // Each would list every socket, at every scrape.
  expect(text).not.toMatch(/^nodejs_active_/m);
});

it("have labels of few values, all of them the gateway's own", async () => {
  const known = new Set<string>([
    ...codes,
    ...transportReasons,
    ...events,
    ...dialects,
    "ok",
    "rate",
    "lag",
    "memory",
    "descriptors",
    "client",
    "api",
    "recovered",
    "too_old",
    "reset",
    "commands",
    "subscriber",
    "reads",
    "found",
    "repaired",
    "lost",
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
  metrics.stop();
  metrics = make(sources);
  expect(await samples("slow_consumers_total")).toEqual({ "": 0 });
});
