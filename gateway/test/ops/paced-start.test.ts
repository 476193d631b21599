import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeInfo } from "../../src/backplane/ports.ts";
import { earliest, isToWait, latest, mostDraining, PacedStart } from "../../src/ops/paced-start.ts";

// The fake clock does not reach Node's own timers of promises.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}));

const capacity = 10_000;
const own = { node: "own", capacity };

function fleet(staying: number, draining: number, connections = 7_000): NodeInfo[] {
  return Array.from({ length: staying + draining }, (_, index) => ({
    node: `other-${index}`,
    version: "1",
    uptime: 3_600,
    connections,
    subscriptions: 0,
    draining: index < draining,
  }));
}

describe("a node that has started waits", () => {
  it.each([
    ["beside others, at first", earliest - 1, fleet(8, 0), true],
    ["no longer, where nobody drains", earliest, fleet(8, 0), false],
    ["no longer, where one drains", earliest, fleet(8, mostDraining - 1), false],
    ["while two drain", earliest, fleet(8, mostDraining), true],
    ["while more drain", 100, fleet(7, 3, 6_900), true],
    ["for so long at most", latest, fleet(8, 5), false],
    ["for nobody, where it is alone", 0, [], false],
    ["for nobody, where it knows only itself", 0, [{ ...fleet(1, 0)[0], node: "own" } as NodeInfo], false],
    ["for nobody, where all others go", 0, fleet(0, 3), false],
    ["for nobody, where the others are full", 0, fleet(4, 2, 6_700), false],
    ["where they are almost full", 100, fleet(4, 2, 6_600), true],
  ] as const)("%s", (_when, uptime, nodes, expected) => {
    expect(isToWait(own, uptime, nodes)).toBe(expected);
  });
});

describe("readiness", () => {
  let nodes: NodeInfo[] | Error;
  let failures: unknown[];
  let pacedStart: PacedStart;

  beforeEach(() => {
    vi.useFakeTimers();
    failures = [];
    pacedStart = new PacedStart({
      ...own,
      nodes: async () => {
        if (nodes instanceof Error) throw nodes;
        return nodes;
      },
      onFailure: (error) => void failures.push(error),
    });
  });

  afterEach(() => {
    pacedStart.stop();
    vi.useRealTimers();
  });

  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it("comes when the second drain is over, and is not taken back by the next ones", async () => {
    nodes = fleet(6, 2);
    pacedStart.start();
    await pass(60);
    expect(pacedStart.obstacle()).toMatchObject({ code: "unavailable", after: expect.any(Number) });
    nodes = fleet(6, 1);
    await pass(2);
    expect(pacedStart.obstacle()).toBeUndefined();
    nodes = fleet(6, 3);
    await pass(10);
    expect(pacedStart.obstacle()).toBeUndefined();
  });

  it("comes after four minutes where the others cannot be asked, each failure told", async () => {
    nodes = new Error("Redis is away");
    pacedStart.start();
    await pass(latest - 3);
    expect(pacedStart.obstacle()).toBeDefined();
    await pass(5);
    expect(pacedStart.obstacle()).toBeUndefined();
    expect(failures.length).toBeGreaterThan(latest / 2 - 5);
  });

  it("comes at the first look on a node that is alone", async () => {
    nodes = [];
    pacedStart.start();
    expect(pacedStart.obstacle()).toBeDefined();
    await pass(0);
    expect(pacedStart.obstacle()).toBeUndefined();
  });
});
