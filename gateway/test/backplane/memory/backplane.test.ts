import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createMemoryBackplane } from "../../../src/backplane/memory/backplane.ts";
import { MemoryBroker } from "../../../src/backplane/memory/broker.ts";
import { MemoryRevocations } from "../../../src/backplane/memory/revocations.ts";
import { noReports } from "../../support/reports.ts";
import { ManualClock, makeMemoryHarness } from "./harness.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const target = {
  execute: async () => ({ connections: [] }),
  ...noReports,
  describe: () => ({
    node: "n",
    version: "0",
    uptime: 0,
    connections: 0,
    subscriptions: 0,
    draining: false,
  }),
};

it("holds one timer, and none after it stopped", async () => {
  const { backplane } = await makeMemoryHarness({ target, tokenLifetime: 1_000 });
  expect(vi.getTimerCount()).toBe(1);
  await backplane.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it("sweeps broker and revocations by itself", async () => {
  const clock = new ManualClock();
  const backplane = createMemoryBackplane({ lost() {}, target }, { now: clock.now, tokenLifetime: 1_000 });
  await backplane.start();
  const { broker, revocations } = backplane;
  if (!(broker instanceof MemoryBroker) || !(revocations instanceof MemoryRevocations)) {
    throw new Error("The cluster is not one in memory.");
  }
  await broker.clear("room", { size: 1, ttl: 10 });
  await revocations.revoke("ann", 0);
  expect([broker.size, revocations.size]).toEqual([1, 1]);
  clock.advance(2_000);
  vi.advanceTimersByTime(1_000);
  expect([broker.size, revocations.size]).toEqual([0, 0]);
  await backplane.stop();
});
