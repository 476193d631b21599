import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LoopDelay } from "../../src/ops/loop-delay.ts";

let delay: LoopDelay;

beforeEach(() => {
  // The looks turn by the fake clock; what they see is real.
  vi.useFakeTimers({ toFake: ["setInterval"] });
  delay = new LoopDelay();
  delay.start();
});

afterEach(() => {
  delay.stop();
  vi.useRealTimers();
});

const turn = () => vi.advanceTimersByTime(30_000);
const samplesTaken = () => new Promise((resolve) => setTimeout(resolve, 40));

/** Keeps the event loop from its timers for 120 ms, until that was seen. */
async function block(): Promise<void> {
  do {
    const until = performance.now() + 120;
    while (performance.now() < until);
    await samplesTaken();
  } while (delay.quantile(1) < 0.09);
}

it("says the same to everybody who asks", async () => {
  await samplesTaken();
  await block();
  const readings = [delay.quantile(1), delay.quantile(1), delay.quantile(1)];
  expect(Math.min(...readings)).toBeGreaterThan(0.09);
});

it("knows a delay for half a minute at least, and has forgotten it after a whole one", async () => {
  await samplesTaken();
  turn();
  await samplesTaken();
  await block();
  turn();
  expect(delay.quantile(1)).toBeGreaterThan(0.09);
  await samplesTaken();
  turn();
  await samplesTaken();
  // A busy machine may have delayed a later sample as long; the next look has not seen that.
  await vi.waitUntil(
    async () => {
      if (delay.quantile(1) < 0.09) return true;
      turn();
      await samplesTaken();
      return false;
    },
    { timeout: 10_000, interval: 1 },
  );
});
