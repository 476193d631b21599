import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeInfo } from "../../src/backplane/ports.ts";
import { Connection } from "../../src/connection/connection.ts";
import { excessOf, loadOf, Rebalance } from "../../src/ops/rebalance.ts";
import { FakeWire } from "../connection/wire.ts";

// The fake clock does not reach Node's own timers of promises.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}));

const settled = { version: "1", uptime: 3_600, subscriptions: 0, draining: false };

function others(...counts: number[]): NodeInfo[] {
  return counts.map((connections, index) => ({ ...settled, node: `other-${index}`, connections }));
}

let open: Connection[];
let nodes: NodeInfo[];
let steady: boolean;
let released: { connection: Connection; at: number }[];
let failures: unknown[];
let rebalance: Rebalance;

beforeEach(() => {
  vi.useFakeTimers();
  [open, nodes, steady, released, failures] = [[], [], true, [], []];
});

afterEach(() => {
  rebalance.stop();
  vi.useRealTimers();
});

function start(count: number, lookAtNodes = async () => nodes): void {
  open = Array.from({ length: count }, (_, index) => {
    const subject = { user: `u${index}`, anonymous: false, allow: [] };
    return new Connection(new FakeWire(`c${index}`), { subject, info: undefined, channels: [] }, 0);
  });
  rebalance = new Rebalance({
    node: "own",
    capacity: 10_000,
    steady: () => steady,
    nodes: lookAtNodes,
    connections: () => [...open],
    async release(connection) {
      released.push({ connection, at: Date.now() });
      open = open.filter((other) => other !== connection);
    },
    onReleased() {},
    onFailure: (error) => void failures.push(error),
  });
  rebalance.start();
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

describe("a node that is much fuller than the others", () => {
  it("sends the oldest away, at half a percent of the average a second at most", async () => {
    nodes = others(1_000, 0);
    start(5_000);
    const first = open.slice(0, 100);
    await pass(60);
    // The average is 2,000 at first, and falls with what leaves, since the others are as they were.
    expect(released.length).toBeGreaterThan(200);
    const times = released.map(({ at }) => at);
    for (const from of times) {
      // A hundred in each interval of ten seconds, of which the jitter may bring two halves together.
      expect(times.filter((at) => at >= from && at < from + 10_000).length).toBeLessThanOrEqual(150);
    }
    expect(times.length).toBeLessThanOrEqual(60 * 2_000 * 0.005 * 1.1);
    expect(released.slice(0, 100).map(({ connection }) => connection)).toEqual(first);
  });

  it("goes on below where it began, and stops before it is the emptiest", async () => {
    nodes = others(1_000, 1_000);
    start(1_900);
    await pass(1_200);
    // (1,000 + 1,000 + n) / 3 × 1.1 = n at 1,157.
    expect(open.length).toBeGreaterThan(1_100);
    expect(open.length).toBeLessThanOrEqual(1_160);
    const left = open.length;
    await pass(300);
    expect(open.length).toBe(left);
  });
});

describe("a node sends nobody away", () => {
  it.each([
    ["is alone", 10_000, []],
    ["is hardly fuller", 11_900, others(10_000, 10_000)],
    ["is small, though twice as full", 600, others(300, 300)],
    ["stands beside one that drains", 5_000, [{ ...settled, node: "x", connections: 0, draining: true }]],
    [
      "stands beside one that has just started",
      5_000,
      [{ ...settled, node: "x", connections: 0, uptime: 100 }],
    ],
  ])("that %s", async (_why, own, beside) => {
    nodes = beside;
    start(own);
    await pass(120);
    expect(released).toEqual([]);
  });

  it("while it drains or Redis is away, from that moment on", async () => {
    nodes = others(0, 0);
    start(5_000);
    await pass(15);
    expect(released.length).toBeGreaterThan(0);
    steady = false;
    const before = released.length;
    await pass(60);
    expect(released.length).toBe(before);
    steady = true;
    await pass(60);
    expect(released.length).toBeGreaterThan(before);
  });

  it("while the nodes cannot be compared, and goes on when they can", async () => {
    let away = true;
    nodes = others(0, 0);
    start(5_000, async () => {
      if (away) throw new Error("away");
      return nodes;
    });
    await pass(25);
    expect(released).toEqual([]);
    expect(failures.length).toBeGreaterThan(1);
    away = false;
    await pass(30);
    expect(released.length).toBeGreaterThan(0);
  });

  it("once it has stopped", async () => {
    nodes = others(0, 0);
    start(5_000);
    await pass(15);
    rebalance.stop();
    const before = released.length;
    await pass(60);
    expect(released.length).toBe(before);
  });
});

it("is judged by what the node itself counts, not by what it last told the others", () => {
  const all = [...others(100, 200), { ...settled, node: "own", connections: 9_999 }];
  expect(loadOf("own", 300, all)).toEqual({ own: 300, average: 200 });
});

describe("a node beyond its capacity", () => {
  const own = { node: "own", capacity: 10_000 };
  const young = (connections: number) => ({ ...settled, node: "young", connections, uptime: 5 });

  it.each([
    ["sends what it has too many, and some more, to nodes with room", 10_100, [young(0)], 600],
    ["sends at the pace of a drain at most: a ninetieth of its capacity a second", 15_000, [young(0)], 1_112],
    ["leaves room to the others that may have too many", 15_000, [...others(12_000), young(9_700)], 100],
    ["keeps them where nobody has room", 15_000, others(10_000, 11_000), 0],
    [
      "keeps them while one drains",
      15_000,
      [young(0), { ...settled, node: "x", connections: 1, draining: true }],
      0,
    ],
    ["that is not beyond it keeps them", 10_000, [young(0)], 0],
  ] as const)("%s", (_what, held, beside, expected) => {
    expect(excessOf(own, held, beside)).toBe(expected);
  });

  it("is relieved although the others have just come", async () => {
    nodes = [young(2_000)];
    start(10_400);
    await pass(25);
    expect(released.length).toBeGreaterThan(800);
    expect(open.length).toBeLessThanOrEqual(10_000);
    expect(open.length).toBeGreaterThanOrEqual(9_400);
  });
});
