import { beforeEach, describe, expect, it, vi } from "vitest";
import { WorkQueue } from "../../src/connection/work-queue.ts";
import { FakeWire } from "./wire.ts";

let wire: FakeWire;
let session: { wire: FakeWire; ended: boolean };
let queue: WorkQueue;
let log: string[];

beforeEach(() => {
  wire = new FakeWire("c1");
  session = { wire, ended: false };
  queue = new WorkQueue(session);
  log = [];
});

const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A request that is answered at once. */
const ask = (name: string, { exclusive = true, payload = {} as unknown } = {}) =>
  queue.request(exclusive, async () => void log.push(name), payload);

/** A request whose answer fills the wire. */
const askForMuch = (name: string) =>
  queue.request(
    true,
    async () => {
      log.push(name);
      wire.full = true;
    },
    {},
  );

/** The gateway's own work. */
const own = (name: string) => queue.run(true, async () => void log.push(name));

describe("while the client has too much left to take", () => {
  it.each([true, false])("no request begins, exclusive or not: %s", async (exclusive) => {
    wire.full = true;
    const done = ask("a", { exclusive });
    await rest();
    expect(log).toEqual([]);
    expect(queue.idle).toBe(false);
    wire.drain();
    await done;
    expect(log).toEqual(["a"]);
    expect(queue.idle).toBe(true);
  });

  it("the requests of one turn wait as soon as an answer fills the wire, and keep their order", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `request ${index}`);
    const done = names.map((name) => askForMuch(name));
    for (let begun = 1; begun <= names.length; begun += 1) {
      await rest();
      expect(log).toEqual(names.slice(0, begun));
      wire.drain();
    }
    await Promise.all(done);
  });

  it("requests that come later overtake none, although the wire has room again", async () => {
    wire.full = true;
    const done = [ask("a", { exclusive: false }), ask("b")];
    wire.full = false;
    done.push(ask("c", { exclusive: false }), ask("d"));
    wire.drain();
    await Promise.all(done);
    expect(log).toEqual(["a", "b", "c", "d"]);
  });

  it("what the gateway does is not held up, nor by requests that wait", async () => {
    wire.full = true;
    const done = ask("a");
    await own("welcome");
    await Promise.all([own("expel"), own("grant")]);
    expect(log).toEqual(["welcome", "expel", "grant"]);
    wire.drain();
    await done;
    expect(log.at(-1)).toBe("a");
  });

  it("a wire that drains for a moment lets one answer through, and waits again", async () => {
    wire.full = true;
    const done = [ask("a"), askForMuch("b"), ask("c")];
    wire.drain();
    await rest();
    expect(log).toEqual(["a", "b"]);
    wire.drain();
    await Promise.all(done);
    expect(log).toEqual(["a", "b", "c"]);
  });

  it("256 requests wait and no more", async () => {
    wire.full = true;
    const done = Array.from({ length: 256 }, () => ask("a"));
    await expect(ask("b")).rejects.toMatchObject({ code: "rate_limited", retryable: true });
    wire.drain();
    await Promise.all(done);
    expect(log).toHaveLength(256);
  });

  it("requests wait that take a mebibyte of memory, and no more", async () => {
    wire.full = true;
    const payload = Array.from({ length: 5_000 }, () => []);
    const asked = Array.from({ length: 50 }, () => ask("a", { payload }));
    const results = await Promise.race([Promise.allSettled(asked.slice(25)), rest()]);
    expect(results).toHaveLength(25);
    for (const result of results ?? []) expect(result).toMatchObject({ reason: { code: "rate_limited" } });
    wire.drain();
    const begun = (await Promise.allSettled(asked)).filter(({ status }) => status === "fulfilled");
    expect(begun.length).toBeGreaterThan(2);
    expect(begun.length * 5_000 * 40).toBeLessThan(2 * 1_048_576);
    await ask("again", { payload });
    expect(log.at(-1)).toBe("again");
  });

  it("requests wait no longer than the connection lives, and do nothing then", async () => {
    wire.full = true;
    const done = Promise.allSettled([ask("a"), ask("b", { exclusive: false }), ask("c")]);
    session.ended = true;
    wire.drain();
    for (const result of await done) expect(result).toMatchObject({ reason: { code: "disconnected" } });
    expect(log).toEqual([]);
    expect(queue.idle).toBe(true);
  });
});

it("lets the gateway's work pass the requests that wait for an exclusive one", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = [
    queue.request(
      true,
      async () => {
        await promise;
        log.push("slow");
      },
      {},
    ),
    ask("a"),
    ask("b", { exclusive: false }),
    own("own"),
  ];
  await rest();
  expect(log).toEqual([]);
  resolve();
  await Promise.all(done);
  expect(log).toEqual(["slow", "own", "a", "b"]);
});

it("begins what waited before what comes in the same step", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = queue.request(true, () => promise, {});
  const second = ask("second", { exclusive: false });
  // It is called in the step behind the one in which the first has ended.
  const third = promise.then(() => undefined).then(() => ask("third", { exclusive: false }));
  resolve();
  await Promise.all([first, second, third]);
  expect(log).toEqual(["second", "third"]);
});

describe("whoever waits until all is answered", () => {
  /** A request that is answered when `answer` is called. */
  function askSlowly(): { done: Promise<void>; answer(): void } {
    let answer = () => {};
    const done = queue.request(false, () => new Promise<void>((resolve) => (answer = resolve)), {});
    return { done, answer: () => answer() };
  }

  it("goes on at once where nothing is asked", async () => {
    await queue.whenIdle(60_000);
  });

  it("goes on with the last answer, however many wait", async () => {
    const [first, second] = [askSlowly(), askSlowly()];
    let idle = 0;
    const waiting = [1, 2].map(() => queue.whenIdle(60_000).then(() => (idle += 1)));
    first.answer();
    await first.done;
    await rest();
    expect(idle).toBe(0);
    second.answer();
    await Promise.all(waiting);
    expect(idle).toBe(2);
  });

  it("goes on after the limit, and leaves no timer where it was not needed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const request = askSlowly();
      let isOver = false;
      const waiting = queue.whenIdle(1_000).then(() => (isOver = true));
      await vi.advanceTimersByTimeAsync(999);
      expect(isOver).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await waiting;
      const another = queue.whenIdle(1_000);
      expect(vi.getTimerCount()).toBe(1);
      request.answer();
      await another;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
