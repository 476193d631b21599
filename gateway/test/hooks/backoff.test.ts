import { expect, it } from "vitest";
import { Backoff } from "../../src/hooks/backoff.ts";

const noon = 1_764_331_200_000;

it("doubles from a second to five minutes, and begins anew after a success", () => {
  const backoff = new Backoff(() => 0.5);
  const pauses = Array.from({ length: 12 }, () => backoff.failed(undefined, noon));
  expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(pauses.at(-1)).toBe(300_000);
  expect(backoff.failing).toBe(true);
  backoff.succeeded();
  expect([backoff.failing, backoff.failed(undefined, noon)]).toEqual([false, 1_000]);
});

it.each([
  [0, 800],
  [1, 1_200],
])("differs by a fifth, with luck %d", (luck, pause) => {
  expect(new Backoff(() => luck).failed(undefined, noon)).toBeCloseTo(pause);
});

it.each([
  ["90", 90_000],
  [new Date(noon + 60_000).toUTCString(), 60_000],
  ["soon", 1_000],
  ["0", 1_000],
  ["99999999", 3_600_000],
])("waits for as long as the hook asks for: %s", (retryAfter, pause) => {
  expect(new Backoff(() => 0).failed(retryAfter, noon)).toBeGreaterThanOrEqual(pause * 0.8);
  expect(new Backoff(() => 0).failed(retryAfter, noon)).toBeLessThanOrEqual(pause);
});
