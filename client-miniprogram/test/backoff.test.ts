import { expect, it } from "vitest";
import { Backoff } from "../src/backoff.ts";

it("waits up to a bound that doubles from 0.5 s to 18 s", () => {
  const longest = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => longest.next());
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 18_000, 18_000]);
  longest.reset();
  expect(longest.next()).toBe(500);
  expect(new Backoff(() => 0).next()).toBe(0);
});

it("counts what the attempt itself has taken, and still waits a moment", () => {
  const longest = new Backoff(() => 1);
  for (let count = 0; count < 6; count += 1) longest.next();
  expect(longest.next(15_000)).toBe(3_000);
  expect(longest.next(20_000)).toBe(500);
});
