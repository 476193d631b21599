import { expect, it } from "vitest";
import { mostBeyond, refusedInVain } from "./pace.ts";
import type { Attempt } from "./traveller.ts";

const pace = { rate: 10, burst: 5 };

/** So many at one time, each answered within 1 ms. */
function come(count: number, at: number, outcome: Attempt["outcome"] = "in"): Attempt[] {
  return Array.from({ length: count }, () => ({ asked: at, answered: at + 1, outcome }));
}

it("a burst, and then the rate, are within the pace", () => {
  const steady = Array.from({ length: 50 }, (_, index) => come(1, (index + 1) * 100)).flat();
  expect(mostBeyond(pace.rate, [...come(5, 0), ...steady])).toBeLessThanOrEqual(pace.burst);
});

it("one more than the burst is beyond it, at the beginning and later", () => {
  expect(mostBeyond(pace.rate, come(6, 0))).toBeGreaterThan(pace.burst);
  expect(mostBeyond(pace.rate, [...come(1, 0), ...come(7, 60_000)])).toBeGreaterThan(pace.burst);
});

it("twice the rate is soon beyond it", () => {
  const fast = Array.from({ length: 50 }, (_, index) => come(1, index * 50)).flat();
  expect(mostBeyond(pace.rate, fast)).toBeGreaterThan(pace.burst);
});

it("who is refused when the burst is spent is refused rightly, and in vain when it is not", () => {
  const spent = [...come(5, 0), ...come(1, 50, "rate")];
  expect(refusedInVain(pace, spent)).toEqual([]);
  const notSpent = [...come(3, 0), ...come(1, 50, "rate")];
  expect(refusedInVain(pace, notSpent)).toHaveLength(1);
  const filledAgain = [...come(5, 0), ...come(1, 1_000, "rate")];
  expect(refusedInVain(pace, filledAgain)).toHaveLength(1);
});
