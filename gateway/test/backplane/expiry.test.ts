import fc from "fast-check";
import { expect, it } from "vitest";
import { ExpiryQueue } from "../../src/backplane/expiry.ts";

it("hands out an item once, after its earliest time has passed", () => {
  const queue = new ExpiryQueue<string>();
  queue.schedule("a", 5_000);
  queue.schedule("a", 2_000);
  queue.schedule("a", 9_000);
  queue.schedule("never", Number.POSITIVE_INFINITY);
  expect(queue.take(2_000)).toEqual([]);
  expect(queue.take(3_000)).toEqual(["a"]);
  expect(queue.take(60_000)).toEqual([]);
  expect(queue.size).toBe(0);
});

it("never hands out an item early, nor later than a tick", () => {
  const item = fc.record({ at: fc.nat(60_000), name: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(item), fc.array(fc.nat(20_000)), (items, waits) => {
      const queue = new ExpiryQueue<number>();
      const waiting = new Map<number, number>();
      for (const { at, name } of items) {
        queue.schedule(name, at);
        waiting.set(name, Math.min(at, waiting.get(name) ?? at));
      }
      let now = 0;
      for (const wait of [...waits, 100_000]) {
        now += wait;
        const taken = queue.take(now);
        for (const name of taken) {
          expect(waiting.get(name)).toBeLessThan(now);
          waiting.delete(name);
        }
        for (const at of waiting.values()) expect(at).toBeGreaterThan(now - 1_001);
      }
      expect(queue.size).toBe(0);
    }),
  );
});
