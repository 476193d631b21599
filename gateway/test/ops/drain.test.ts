import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { drainConnections } from "../../src/ops/drain.ts";
import { FakeWire } from "../connection/wire.ts";

// The fake clock does not reach Node's own timers of promises.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}));

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function connections(count: number): Connection[] {
  return Array.from({ length: count }, (_, index) => {
    const subject = { user: `u${index}`, anonymous: false, allow: [] };
    return new Connection(new FakeWire(`c${index}`), { subject, info: undefined, channels: [] }, 0);
  });
}

interface Release {
  connection: Connection;
  /** Milliseconds since the drain began. */
  at: number;
  after: number;
}

/** Drains to the end, and says who was released when and how long it took. */
async function drain(open: Set<Connection>, window: number, onRelease = (_count: number) => {}) {
  const began = Date.now();
  const releases: Release[] = [];
  const done = drainConnections({
    window,
    connections: () => [...open],
    async release(connection, after) {
      open.delete(connection);
      releases.push({ connection, at: Date.now() - began, after });
      onRelease(releases.length);
    },
  });
  let took: number | undefined;
  void done.then(() => {
    took = Date.now() - began;
  });
  while (took === undefined) await vi.advanceTimersByTimeAsync(50);
  return { releases, took };
}

const largestGap = (releases: readonly Release[]) =>
  releases.reduce((most, { at }, index) => Math.max(most, at - (releases[index - 1]?.at ?? 0)), 0);

it("ends at once where nobody is connected", async () => {
  expect((await drain(new Set(), 90_000)).took).toBeLessThanOrEqual(50);
});

it("releases everybody once, over the window", async () => {
  const all = connections(2_000);
  const { releases, took } = await drain(new Set(all), 60_000);
  expect(new Set(releases.map(({ connection }) => connection)).size).toBe(all.length);
  expect(releases).toHaveLength(all.length);
  expect(took).toBeGreaterThan(50_000);
  expect(took).toBeLessThan(66_000);
  const firstHalf = releases.filter(({ at }) => at < took / 2).length;
  expect(firstHalf).toBeGreaterThan(800);
  expect(firstHalf).toBeLessThan(1_200);
});

it("releases the youngest first, those of a second in no order", async () => {
  const all = connections(200);
  const { releases } = await drain(new Set(all), 4_000);
  const order = releases.map(({ connection }) => all.length - 1 - all.indexOf(connection));
  for (const [place, age] of order.entries()) expect(Math.abs(place - age)).toBeLessThanOrEqual(60);
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
});

it("tells each to wait up to a second, not all alike", async () => {
  const { releases } = await drain(new Set(connections(100)), 5_000);
  expect(releases.every(({ after }) => Number.isInteger(after) && after >= 0 && after < 1_000)).toBe(true);
  expect(new Set(releases.map(({ after }) => after)).size).toBeGreaterThan(1);
});

it("is fast on a node with few connections", async () => {
  const { took } = await drain(new Set(connections(4)), 90_000);
  expect(took).toBeLessThan(4_000);
});

it("never lets more than 500 ms pass between two closes", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  const { releases } = await drain(new Set(connections(10)), 90_000);
  expect(releases).toHaveLength(10);
  expect(largestGap(releases)).toBeLessThanOrEqual(500);
});

it("keeps to the window however many there are", async () => {
  const { releases, took } = await drain(new Set(connections(20_000)), 5_000);
  expect(releases).toHaveLength(20_000);
  expect(took).toBeLessThan(7_500);
});

it("makes up for a stall, but not all at once", async () => {
  // The clock that the drain reads leaps ahead when the first is released, as it does for a node that got no CPU.
  let stall = 0;
  const start = Date.now();
  vi.spyOn(performance, "now").mockImplementation(() => Date.now() - start + stall);
  const { releases, took } = await drain(new Set(connections(600)), 6_000, () => {
    stall = 5_000;
  });
  expect(releases).toHaveLength(600);
  // 500 of them are late by then; at half as much again as planned they take more than three seconds.
  expect(took).toBeGreaterThan(3_000);
});

it("releases those too who came after it began, and minds nobody who left", async () => {
  const [early = [], late = []] = [connections(50), connections(10)];
  const open = new Set(early);
  const [leaver] = early;
  const { releases } = await drain(open, 10_000, (count) => {
    if (count === 1) for (const connection of late) open.add(connection);
    if (count === 2 && leaver) open.delete(leaver);
  });
  expect(open.size).toBe(0);
  const released = new Set(releases.map(({ connection }) => connection));
  expect(late.every((connection) => released.has(connection))).toBe(true);
});

it("releases nobody twice who takes a while to go, and waits for them", async () => {
  const [busy, idle] = connections(2);
  const open = new Set([busy, idle].filter((connection) => connection !== undefined));
  const released: Connection[] = [];
  let finish = () => {};
  let over = false;
  const draining = drainConnections({
    window: 0,
    connections: () => [...open],
    async release(connection) {
      released.push(connection);
      if (connection === busy) await new Promise<void>((resolve) => (finish = resolve));
      open.delete(connection);
    },
  }).then(() => (over = true));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(over).toBe(false);
  expect(released).toHaveLength(2);
  finish();
  await draining;
  expect(open.size).toBe(0);
});
