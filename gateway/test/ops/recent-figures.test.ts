import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seriesNames } from "../../src/backplane/reports.ts";
import { createMetrics } from "../../src/ops/metrics.ts";
import { figureStep, RecentFigures } from "../../src/ops/recent-figures.ts";

const start = 1_700_000_000_000;

let metrics: ReturnType<typeof createMetrics>;
let connections: number;
let figures: RecentFigures;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: start });
  metrics = createMetrics();
  connections = 0;
  figures = new RecentFigures({ ...metrics, connections: () => connections, now: Date.now });
  figures.start();
});

afterEach(() => {
  figures.stop();
  vi.useRealTimers();
});

const pass = (steps: number) => vi.advanceTimersByTimeAsync(steps * figureStep);

describe("a node's figures", () => {
  it("are none when it has just started", () => {
    const { at, series } = figures.since(0);
    expect(at).toBeGreaterThanOrEqual(start);
    for (const name of seriesNames) expect(series[name]).toEqual([]);
  });

  it("have a value for each step, of what happened in it", async () => {
    await pass(1);
    connections = 7;
    for (let count = 0; count < 100; count++) metrics.meter.published("api", 0.0002, "ok");
    metrics.meter.published("client", 0.04, "forbidden");
    metrics.meter.delivered(100, 700, 0.001);
    metrics.meter.slowConsumer();
    metrics.meter.gap("lost");
    metrics.meter.gap("repaired");
    await pass(1);
    await pass(1);
    const { at, step, series } = figures.since(0);
    expect({ at, step }).toEqual({ at: start + figureStep, step: figureStep });
    expect(series).toMatchObject({
      connections: [0, 7, 7],
      published: [0, 100, 0],
      delivered: [0, 700, 0],
      dropped: [0, 2, 0],
      publishP50: [null, 0.3, null],
      publishP99: [null, 0.5, null],
    });
    for (const name of ["loopDelay", "loopBusy", "memory"] as const) expect(series[name]).toHaveLength(3);
  });

  it("are told after a time, and for 15 minutes", async () => {
    await pass(200);
    expect(figures.since(0).series.connections).toHaveLength(180);
    const newest = start + 200 * figureStep;
    expect(figures.since(newest - figureStep)).toMatchObject({ at: newest, series: { connections: [0] } });
    expect(figures.since(newest).series.connections).toEqual([]);
    expect(figures.since(newest + 60_000).series.connections).toEqual([]);
  });

  it("have no values of the time in which the node was frozen", async () => {
    await pass(2);
    vi.setSystemTime(start + 5 * figureStep);
    await pass(1);
    const { series } = figures.since(0);
    expect(series.connections).toEqual([0, 0, null, null, null, 0].slice(0, series.connections.length));
    expect(series.connections).toContain(null);
  });

  it("are below 16 KiB for all steps, however much happens", async () => {
    connections = Number.MAX_SAFE_INTEGER;
    vi.spyOn(process.memoryUsage, "rss").mockReturnValue(2 ** 62);
    vi.spyOn(metrics.loopDelay, "quantile").mockReturnValue(2 ** 40);
    for (let step = 0; step < 200; step++) {
      metrics.meter.published("api", 1e9, "ok");
      metrics.meter.delivered(1, 2 ** 40, 1);
      await pass(1);
    }
    const text = JSON.stringify(figures.since(0));
    expect(figures.since(0).series.connections).toHaveLength(180);
    expect(text.length).toBeLessThan(15 * 1_024);
  });
});
