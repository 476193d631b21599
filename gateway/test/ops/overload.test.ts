import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collectGarbage, takenMemory } from "../../src/ops/memory.ts";
import { Overload } from "../../src/ops/overload.ts";

const mebibyte = 1024 * 1024;

let resident: number;
let sockets: number;
let collections: number;
let changes: string[];
let overload: Overload;

beforeEach(() => {
  vi.useFakeTimers();
  resident = 100 * mebibyte;
  sockets = 0;
  collections = 0;
  changes = [];
  overload = create();
});

afterEach(() => {
  overload.stop();
  vi.useRealTimers();
});

function create(maxLoopDelay = 200, maxMemory = 90): Overload {
  const made = new Overload({
    ...{ maxLoopDelay, maxMemory, memoryLimit: 1_000 * mebibyte },
    ...{ maxSockets: 1_000, sockets: () => sockets },
    taken: () => resident,
    collect() {
      collections += 1;
    },
    onChange: (shortage, short) => changes.push(`${shortage} ${short ? "begins" : "ends"}`),
  });
  made.start();
  return made;
}

/** The event loop gets to its next timer so many milliseconds late. */
async function block(ms: number): Promise<void> {
  const later = performance.now() + 100 + ms;
  const now = vi.spyOn(performance, "now").mockImplementation(() => later);
  await vi.advanceTimersToNextTimerAsync();
  now.mockRestore();
}

it("is short of nothing while timers are on time", async () => {
  await vi.advanceTimersByTimeAsync(10_000);
  expect(overload.shortage).toBeUndefined();
});

it("tells a turn that took longer than the limit, and none that did not", async () => {
  await block(190);
  expect(overload.shortage).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2_000);
  await block(400);
  expect(overload.shortage).toBe("lag");
});

it.each([250, 60_000])("has forgotten a turn of %i ms within 2 s, and not at once", async (ms) => {
  await block(ms);
  await vi.advanceTimersByTimeAsync(100);
  expect(overload.shortage).toBe("lag");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(overload.shortage).toBeUndefined();
});

it("does not come and go at the limit of the memory", async () => {
  const readings = [];
  for (const used of [899, 901, 899, 870, 901, 850, 899]) {
    resident = used * mebibyte;
    await vi.advanceTimersByTimeAsync(1_000);
    readings.push(overload.shortage);
  }
  const short = "memory";
  expect(readings).toEqual([undefined, short, short, short, short, undefined, undefined]);
});

it("counts the sockets as each newcomer asks, and does not come and go at their limit", () => {
  const readings = [1_000, 1_001, 1_000, 951, 950, 1_000].map((open) => {
    sockets = open;
    return overload.shortage;
  });
  const short = "descriptors";
  expect(readings).toEqual([undefined, short, short, short, undefined, undefined]);
});

it("tells once that a shortage begins, and once that it ends, also where nobody asks", async () => {
  sockets = 1_001;
  resident = 950 * mebibyte;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(changes).toEqual(["descriptors begins", "memory begins"]);
  sockets = 0;
  resident = 100 * mebibyte;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(changes.slice(2)).toEqual(["descriptors ends", "memory ends"]);
});

describe("a reading of the memory that fails", () => {
  /** What a process without a free descriptor gets. */
  const exhausted = new Error("EMFILE: too many open files, uv_resident_set_memory");
  let unread: unknown[];
  let failing: boolean;

  beforeEach(() => {
    overload.stop();
    unread = [];
    failing = true;
    overload = new Overload({
      maxLoopDelay: 200,
      maxMemory: 90,
      memoryLimit: 1_000 * mebibyte,
      maxSockets: Number.POSITIVE_INFINITY,
      sockets: () => 100_000,
      taken() {
        if (failing) throw exhausted;
        return resident;
      },
      onUnread: (error) => unread.push(error),
    });
    overload.start();
  });

  it("ends nothing, and is told once until one has succeeded", async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(unread).toEqual([exhausted]);
    await block(400);
    expect(overload.shortage).toBe("lag");
    failing = false;
    await vi.advanceTimersByTimeAsync(2_000);
    failing = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(unread).toEqual([exhausted, exhausted]);
  });

  it("leaves what the last one said", async () => {
    failing = false;
    resident = 950 * mebibyte;
    await vi.advanceTimersByTimeAsync(1_000);
    failing = true;
    resident = 100 * mebibyte;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(overload.shortage).toBe("memory");
    failing = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(overload.shortage).toBeUndefined();
  });
});

it("does not read the memory where it has no limit", async () => {
  overload.stop();
  const read = vi.fn(() => 0);
  overload = new Overload({
    ...{ maxLoopDelay: 200, maxMemory: 0, memoryLimit: undefined, resident: read },
    ...{ maxSockets: 1_000, sockets: () => sockets },
  });
  overload.start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(read).not.toHaveBeenCalled();
});

it("has no limits where they are 0", async () => {
  overload.stop();
  overload = create(0, 0);
  resident = 2_000 * mebibyte;
  await block(60_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(overload.shortage).toBeUndefined();
});

it("collects garbage once most have left a node that is short of memory, and not again and again", async () => {
  sockets = 800;
  resident = 950 * mebibyte;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(overload.shortage).toBe("memory");
  expect(collections).toBe(0);
  sockets = 100;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(collections).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(collections).toBe(1);
  sockets = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(collections).toBe(2);
});

it("what was garbage can be had by newcomers once it is collected", () => {
  let garbage: unknown[] | undefined = Array.from({ length: 500_000 }, (_, index) => ({ index }));
  const before = takenMemory();
  expect(garbage).toHaveLength(500_000);
  garbage = undefined;
  collectGarbage();
  expect(takenMemory()).toBeLessThan(before);
});
