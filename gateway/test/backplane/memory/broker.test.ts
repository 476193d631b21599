import { beforeEach, describe, expect, it } from "vitest";
import { MemoryBroker } from "../../../src/backplane/memory/broker.ts";
import type { Delivery } from "../../../src/backplane/ports.ts";
import { draft, roomy } from "../../contract/harness.ts";
import { type DeliveringBroker, deliveringBroker } from "../delivering.ts";
import { ManualClock } from "./harness.ts";

const brief = { size: 10, ttl: 5_000 };
const keyLifetime = 5 * 60_000;

let clock: ManualClock;
let delivered: Delivery[];
let memory: MemoryBroker;
let broker: DeliveringBroker;

beforeEach(() => {
  clock = new ManualClock();
  delivered = [];
  memory = new MemoryBroker(clock.now);
  broker = deliveringBroker(memory, (delivery) => delivered.push(delivery));
});

const topOf = async (channel: string) => {
  const [page] = await broker.read([{ channel, retention: brief, from: "top" }], roomy);
  return page?.top;
};

/** Lets time pass as a node does: sweeping every second. */
const pass = (ms: number) => {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000);
    memory.sweep();
  }
};

describe("giving memory back", () => {
  it("remembers nothing of channels without retention and key", async () => {
    await broker.publish(draft("room", 1));
    expect(memory.size).toBe(0);
    await broker.subscribe("room", undefined);
    expect(memory.size).toBe(1);
    broker.unsubscribe("room");
    broker.unsubscribe("never");
    expect(memory.size).toBe(0);
  });

  it("forgets 10,000 channels once their history has aged", async () => {
    for (let index = 0; index < 10_000; index += 1) {
      await broker.publish(draft(`room:${index}`, index, { retention: brief }));
    }
    pass(brief.ttl);
    expect(memory.size).toBe(10_000);
    pass(1_000);
    expect(memory.size).toBe(0);
  });

  it.each([
    ["read", () => broker.read([{ channel: "room", retention: brief, from: "start" }], roomy)],
    ["clear", () => broker.clear("room", brief)],
  ])("forgets a channel that was only asked about: %s", async (_name, ask) => {
    await ask();
    expect(memory.size).toBe(1);
    pass(brief.ttl + 1_000);
    expect(memory.size).toBe(0);
  });

  it("keeps a subscribed channel, and forgets it one lifetime after the unsubscribe", async () => {
    await broker.subscribe("room", brief);
    pass(60_000);
    expect(memory.size).toBe(1);
    broker.unsubscribe("room");
    pass(brief.ttl);
    expect(memory.size).toBe(1);
    pass(1_000);
    expect(memory.size).toBe(0);
  });

  it("keeps keys for five minutes, and nothing after", async () => {
    await broker.publish(draft("stored", 1, { retention: brief, idempotencyKey: "k" }));
    await broker.publish(draft("passing", 1, { idempotencyKey: "k" }));
    pass(keyLifetime - 1_000);
    expect(memory.size).toBe(2);
    pass(4_000);
    expect(memory.size).toBe(0);
  });

  it("drops keys while others are used on the channel", async () => {
    await broker.subscribe("room", undefined);
    for (let index = 0; index < 1_000; index += 1) {
      await broker.publish(draft("room", index, { idempotencyKey: `k${index}` }));
      pass(1_000);
    }
    const repeats = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        broker.publish(draft("room", 0, { idempotencyKey: `k${index}` })),
      ),
    );
    expect(repeats.filter(({ repeated }) => repeated)).toHaveLength(keyLifetime / 1_000 - 1);
    broker.unsubscribe("room");
    pass(keyLifetime + 3_000);
    expect(memory.size).toBe(0);
  });

  it("forgets in one sweep what many missed sweeps would have", async () => {
    await broker.publish(draft("room", 1, { retention: brief, idempotencyKey: "k" }));
    clock.advance(86_400_000);
    memory.sweep();
    expect(memory.size).toBe(0);
  });
});

describe("the counter", () => {
  it("goes on within one lifetime of the last use, each use counting anew", async () => {
    const first = await topOf("room");
    for (let use = 0; use < 5; use += 1) {
      clock.advance(brief.ttl);
      expect(await topOf("room")).toEqual(first);
    }
  });

  it("starts anew under another epoch after one lifetime without use, swept or not", async () => {
    const { position } = await broker.publish(draft("room", 1, { retention: brief }));
    clock.advance(brief.ttl + 1);
    const top = await topOf("room");
    expect(top?.offset).toBe(0);
    expect(top?.epoch).not.toBe(position?.epoch);
  });

  it("counts its lifetime from the unsubscribe", async () => {
    await broker.subscribe("room", brief);
    const { position } = await broker.publish(draft("room", 1, { retention: brief }));
    pass(60_000);
    broker.unsubscribe("room");
    clock.advance(brief.ttl);
    expect(await topOf("room")).toEqual(position);
  });
});

describe("delivering", () => {
  it("has delivered by the time that publish returns its promise", () => {
    void broker.subscribe("room", brief);
    void broker.publish(draft("room", 1, { retention: brief }));
    expect(delivered.map(({ position }) => position?.offset)).toEqual([1]);
  });

  it("keeps one counter when the sink publishes to the channel itself", async () => {
    const offsets: (number | undefined)[] = [];
    const echoing = deliveringBroker(memory, ({ position }) => {
      offsets.push(position?.offset);
      if (offsets.length < 3) void echoing.publish(draft("room", "echo", { retention: brief }));
    });
    await echoing.subscribe("room", undefined);
    await echoing.publish(draft("room", 1, { retention: brief }));
    expect(offsets).toEqual([1, 2, 3]);
  });
});
