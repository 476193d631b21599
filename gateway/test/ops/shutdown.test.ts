import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { createLog } from "../../src/log.ts";
import { cutLeft, drainConnections } from "../../src/ops/drain.ts";
import { type PhaseName, phases, Shutdown, stopMargin } from "../../src/ops/shutdown.ts";
import { FakeWire } from "../connection/wire.ts";

// The fake clock does not reach Node's own timers of promises.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number, value?: unknown) =>
    new Promise<unknown>((resolve) => setTimeout(resolve, ms, value)),
}));

const window = 5_000;
const never = () => new Promise<never>(() => {});

let open: Set<Connection>;
let lines: { level: string; phase: PhaseName; seconds: number }[];
let shutdown: Shutdown;

beforeEach(() => {
  vi.useFakeTimers();
  open = new Set();
  lines = [];
  const log = createLog("debug", "test", { write: (line) => void lines.push(JSON.parse(line)) });
  shutdown = new Shutdown({ window, connections: () => open.size, log });
});

afterEach(() => {
  vi.useRealTimers();
});

function connect(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const subject = { user: `u${index}`, anonymous: false, allow: [] };
    open.add(new Connection(new FakeWire(`c${index}`), { subject, info: undefined, channels: [] }, 0));
  }
}

const names = Object.keys(phases) as PhaseName[];

/** A step for each phase, in the reverse of their order. */
function stepsOf(step: (phase: PhaseName) => Promise<unknown>) {
  return Object.fromEntries(names.toReversed().map((phase) => [phase, () => step(phase)]));
}

it("runs the phases in their order, each after the one before, and logs how long each took", async () => {
  const order: string[] = [];
  const done = shutdown.run(
    stepsOf(async (phase) => {
      order.push(`${phase} begins`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      order.push(`${phase} ends`);
    }),
  );
  await vi.advanceTimersByTimeAsync(500 * names.length);
  await done;
  expect(order).toEqual(names.flatMap((phase) => [`${phase} begins`, `${phase} ends`]));
  expect(lines).toMatchObject(names.map((phase) => ({ level: "info", phase, seconds: 0.5 })));
});

it("goes on with the next phase where one exceeds its limit, and ends within the window and the margin", async () => {
  const begun: PhaseName[] = [];
  let isOver = false;
  void shutdown
    .run(
      stepsOf((phase) => {
        begun.push(phase);
        return never();
      }),
    )
    .then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(window + stopMargin - 1);
  expect({ begun, isOver }).toEqual({ begun: names, isOver: false });
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
  expect(lines).toMatchObject(names.map((phase) => ({ level: phase === "peers" ? "info" : "warn", phase })));
});

it("goes on where a phase fails, and fails in the end", async () => {
  const begun: PhaseName[] = [];
  const done = shutdown.run(
    stepsOf(async (phase) => {
      begun.push(phase);
      throw new Error(phase);
    }),
  );
  await expect(done).rejects.toThrow(names[0]);
  expect(begun).toEqual(names);
  expect(lines).toMatchObject(names.map((phase) => ({ level: "error", phase })));
});

it("drains from its beginning on, and knows how many were connected then", async () => {
  expect([shutdown.draining, shutdown.connectionsBefore]).toEqual([false, 0]);
  connect(3);
  await shutdown.run({
    async drain() {
      expect(shutdown.draining).toBe(true);
      open.clear();
    },
  });
  await shutdown.run({});
  expect([shutdown.draining, shutdown.connectionsBefore]).toEqual([true, 3]);
});

describe("a node that drains", () => {
  let forced: number[];
  let left: number | undefined;

  async function drain(peers: () => Promise<void>): Promise<void> {
    await shutdown.run({
      drain: () => drainConnections({ window, connections: () => [...open], release: never }),
      peers,
      async cut() {
        left = await cutLeft({
          count: () => open.size,
          force: () => open.clear(),
          onForced: (count) => void forced.push(count),
        });
      },
    });
  }

  beforeEach(() => {
    forced = [];
    left = undefined;
  });

  it("gives those who cannot be released their time, cuts them, and can be asked for how many for 15 s", async () => {
    connect(3);
    void drain(async () => {});
    await vi.advanceTimersByTimeAsync(window);
    expect(forced).toEqual([]);
    while (forced.length === 0) await vi.advanceTimersByTimeAsync(100);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(left).toBeUndefined();
    await vi.advanceTimersByTimeAsync(stopMargin - 15_000);
    expect({ left, forced }).toEqual({ left: 3, forced: [3] });
    expect(lines).toMatchObject([
      { level: "warn", phase: "drain" },
      { level: "info", phase: "peers" },
      { level: "info", phase: "cut" },
    ]);
  });

  it("waits for peers that are still connected, within a limit, and cuts nobody who has left", async () => {
    let isOver = false;
    void drain(never).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(phases.peers.limit - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect({ isOver, left, forced }).toEqual({ isOver: true, left: 0, forced: [] });
  });
});
