import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type BenchRun, costsOf } from "../../capacity/costs.ts";
import { capacityPage } from "../../capacity/page.ts";
import { hearing, plan } from "../../capacity/plan.ts";

const costs = {
  connectionBytes: 10_000,
  accept: 1e-4,
  delivery: 10e-6,
  publication: 100e-6,
  hearing: 0,
  redisPublication: 30e-6,
  redisNode: 5e-6,
};
const sizing = { capacity: 10_000, share: 0.5, least: 3, base: 100e6 };

describe("CAPACITY.md", () => {
  it("compares itself with runs without Redis, as it says", () => {
    const path = resolve(import.meta.dirname, "../../bench/results.json");
    const { scenarios }: BenchRun = JSON.parse(readFileSync(path, "utf8"));
    const compared = scenarios.filter(({ name }) => name === "rooms" || name === "mixed");
    expect(compared.map(({ throughRedis = false }) => throughRedis)).toEqual([false, false]);
    expect(capacityPage()).toContain(
      "`rooms` and `mixed`, which it is compared with, ran on a node without Redis",
    );
  });
});

describe("a plan", () => {
  it("has as many pods as the connections need, and three at least", () => {
    expect(plan({ connections: 1_000, rate: 0, room: 1 }, costs, sizing)).toMatchObject({
      pods: 3,
      boundBy: "the least",
    });
    expect(plan({ connections: 100_000, rate: 0, room: 1 }, costs, sizing)).toMatchObject({
      pods: 20,
      boundBy: "places",
      memory: 150e6,
    });
  });

  it("has more of them where deliveries take the CPU", () => {
    // 100,000 × 0.99 × (100 + 100 × 10) µs = 108.9 cores, half of each used.
    expect(plan({ connections: 100_000, rate: 0.99, room: 100 }, costs, sizing)).toMatchObject({
      cores: expect.closeTo(108.9),
      pods: 218,
      boundBy: "CPU",
    });
  });

  it("charges each node that hears a publication, and the pods that this takes hear it too", () => {
    const load = { connections: 21_000, rate: 1, room: 1_000 };
    const dear = { ...costs, hearing: 100e-6, delivery: 0 };
    // In 5 pods all hear it: 21,000 × 600 µs = 12.6 cores take 26, which take 21,000 × 2,700 µs, and so on; with 1,000
    // members no more than 1,000 can hear it.
    const { pods, cores } = plan(load, dear, sizing);
    expect(pods).toBeGreaterThanOrEqual(Math.floor(cores / sizing.share));
    expect(cores).toBeCloseTo(21_000 * (100e-6 + hearing(pods, load.room) * 100e-6));
    expect(plan({ ...load, room: 1 }, dear, sizing)).toMatchObject({ cores: expect.closeTo(4.2), pods: 9 });
  });

  it("shards Redis by what is published and by how many nodes hear it", () => {
    // Rooms of one are heard by one node: 20,000 × 35 µs = 0.7 cores, half of each used.
    const { redis, shards } = plan({ connections: 20_000, rate: 1, room: 1 }, costs, sizing);
    expect(redis).toBeCloseTo(0.7);
    expect(shards).toBe(2);
    expect(hearing(10, 1)).toBeCloseTo(1);
    expect(hearing(10, 10_000)).toBeCloseTo(10);
  });
});

describe("the costs", () => {
  const of = (values: Record<string, Record<string, number>>, throughRedis: boolean) =>
    Object.entries(values).map(([name, figures]) => ({ name, throughRedis, runs: { tidegate: [figures] } }));
  const perCpuSecond = (direct: number, batch: number, rate: number) => ({
    direct: { deliveries_per_cpu_second: 1e6 / direct },
    "publish-batch": { published_per_cpu_second: 1e6 / batch },
    "rate-30": { deliveries_per_cpu_second: 1e6 / rate },
  });
  const others = {
    memory: { resident_kb_per_connection: 10 },
    accept: { accepted_per_cpu_second: 4_000 },
    publish: { published_per_cpu_second: 8_000 },
    "redis-cost": { us_per_publish_single: 40, us_per_delivered_node: 4 },
  };

  it("take what a node needs to hear from three figures of one kind", () => {
    const alone = of({ ...others, ...perCpuSecond(60, 20, 10) }, false);
    const { direct: _, ...without } = perCpuSecond(90, 30, 20);
    const run = { machine: "a machine", date: "2026-01-01", scenarios: [...alone, ...of(without, true)] };
    expect(costsOf(run)).toMatchObject({ hearing: expect.closeTo(30e-6), delivery: expect.closeTo(20e-6) });
    const all = { ...run, scenarios: [...alone, ...of(perCpuSecond(90, 30, 20), true)] };
    expect(costsOf(all).hearing).toBeCloseTo(40e-6);
  });

  it("take a node that hears single publications before one that hears hundreds at once", () => {
    const both = { ...others["redis-cost"], us_per_delivered_node_single: 9 };
    const scenarios = of({ ...others, ...perCpuSecond(60, 20, 10), "redis-cost": both }, true);
    expect(costsOf({ machine: "a machine", date: "2026-01-01", scenarios }).redisNode).toBeCloseTo(9e-6);
  });

  it("are medians, through Redis where that was measured, and are not made up", () => {
    const runs = (name: string, figure: string, values: number[], throughRedis = false) => ({
      name,
      throughRedis,
      runs: { tidegate: values.map((value) => ({ [figure]: value })) },
    });
    const cost = { us_per_publish_single: 40, us_per_delivered_node: 4 };
    const scenarios = [
      runs("memory", "resident_kb_per_connection", [9, 50, 10]),
      runs("accept", "accepted_per_cpu_second", [4_000]),
      runs("rate-30", "deliveries_per_cpu_second", [200_000]),
      runs("rate-30", "deliveries_per_cpu_second", [100_000], true),
      runs("publish", "published_per_cpu_second", [8_000]),
      runs("publish-batch", "published_per_cpu_second", [50_000]),
      runs("direct", "deliveries_per_cpu_second", [20_000]),
      { name: "redis-cost", runs: { tidegate: [cost] } },
    ];
    const run = { machine: "a machine", date: "2026-01-01", scenarios };
    expect(costsOf(run)).toEqual({
      connectionBytes: 10_000,
      accept: 1 / 4_000,
      delivery: 1 / 100_000,
      publication: 1 / 8_000,
      // 50 µs, less 20 for the publishing and 5 for the write, all without Redis.
      hearing: expect.closeTo(25e-6),
      redisPublication: 40 / 1e6,
      redisNode: 4 / 1e6,
    });
    expect(() => costsOf({ ...run, scenarios: scenarios.slice(1) })).toThrow(
      "no resident_kb_per_connection of memory",
    );
  });
});
