import { expect, it } from "vitest";
import { Backoff } from "../src/backoff.ts";

it("waits up to a bound that doubles from 0.5 s to 20 s", () => {
  const longest = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => longest.next());
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  longest.reset();
  expect(longest.next()).toBe(500);
  expect(new Backoff(() => 0).next()).toBe(0);
});
