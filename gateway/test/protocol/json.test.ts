import { expect, it } from "vitest";
import { shapeOf, weightOf } from "../../src/protocol/json.ts";

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

it.each<[string, unknown, number, string]>([
  ["a number", 1, 0, "plain"],
  ["nothing", undefined, 0, "plain"],
  ["an object at the limit", { a: [1] }, 2, "plain"],
  ["an object below the limit", { a: [{}] }, 2, "deep"],
  ["a member named __proto__", JSON.parse('{"__proto__":[[]]}'), 2, "deep"],
  ["a binary value at the limit", [Buffer.from("hi")], 1, "mixed"],
  ["an array buffer", { a: new ArrayBuffer(1) }, 1, "mixed"],
  ["what looks like a place", [{ a: { _placeholder: true } }, 1], 3, "mixed"],
  ["what looks like JSON's place", { a: 1, b: { _binary: "" } }, 3, "mixed"],
  ["binary values with a level too many", [Buffer.from("hi"), [[1]]], 2, "deep"],
  ["names in a text", { a: '{"_binary":""}' }, 1, "plain"],
])("%s has its shape", (_name, value, limit, shape) => {
  expect(shapeOf(value, limit)).toBe(shape);
});
