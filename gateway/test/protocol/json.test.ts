import { expect, it } from "vitest";
import { weightOf } from "../../src/protocol/json.ts";

it.each<[string, unknown, number]>([
  ["a number", 1, 8],
  ["nothing", undefined, 8],
  ["a text", "x".repeat(1_000), 1_000],
  ["binary data", Buffer.alloc(1_000), 1_000],
  ["an empty array", [], 32],
  ["many empty arrays", Array.from({ length: 1_000 }, () => []), 40_000],
  ["many objects", Array.from({ length: 1_000 }, () => ({ a: 1 })), 60_000],
  ["a long name", { ["x".repeat(1_000)]: null }, 1_000],
])("%s weighs what it takes in memory, roughly", (_name, value, least) => {
  expect(weightOf(value)).toBeGreaterThanOrEqual(least);
  expect(weightOf(value)).toBeLessThanOrEqual(2 * least + 100);
});
