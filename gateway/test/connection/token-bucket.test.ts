import { expect, it } from "vitest";
import { TokenBucket } from "../../src/connection/token-bucket.ts";

function setUp(perSecond: number, burst: number) {
  let time = 5_000;
  const bucket = new TokenBucket(perSecond, burst, () => time);
  const advance = (ms: number) => {
    time += ms;
  };
  const passed = (attempts: number) =>
    Array.from({ length: attempts }, () => bucket.take()).filter(Boolean).length;
  return { bucket, advance, passed };
}

it("lets the burst pass at once, and then the rate", () => {
  const { advance, passed } = setUp(10, 20);
  expect(passed(50)).toBe(20);
  advance(1_000);
  expect(passed(50)).toBe(10);
  advance(99);
  expect(passed(1)).toBe(0);
  advance(1);
  expect(passed(2)).toBe(1);
});

it("saves up no more than the burst", () => {
  const { advance, passed } = setUp(10, 20);
  advance(3_600_000);
  expect(passed(50)).toBe(20);
});

it("lets less than one a second pass", () => {
  const { advance, passed } = setUp(0.5, 1);
  expect(passed(2)).toBe(1);
  advance(1_999);
  expect(passed(1)).toBe(0);
  advance(1);
  expect(passed(1)).toBe(1);
});

it("says how long to wait, and then lets one pass", () => {
  const { bucket, advance, passed } = setUp(3, 1);
  expect(bucket.wait).toBe(0);
  passed(2);
  expect(bucket.wait).toBe(334);
  advance(bucket.wait);
  expect(passed(1)).toBe(1);
});

it("counts as debt what did not pass, less what did", () => {
  const { bucket, advance, passed } = setUp(10, 10);
  passed(15);
  expect(bucket.debt).toBe(5);
  advance(300);
  passed(3);
  expect(bucket.debt).toBe(2);
  advance(60_000);
  passed(10);
  expect(bucket.debt).toBe(0);
});
