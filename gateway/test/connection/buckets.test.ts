import { expect, it } from "vitest";
import { Buckets } from "../../src/connection/buckets.ts";

it("forgets those that are full again, and keeps those that are not", () => {
  let time = 0;
  const buckets = new Buckets(1, 10, () => time);
  for (let index = 0; index < 1_000; index += 1) {
    buckets.of(`user-${index}`).take(5);
    time += 100;
  }
  // Each is full again after 5 s, in which 50 others come.
  expect(buckets.size).toBeLessThan(200);
  expect(buckets.of("user-999").waitFor(10)).toBeGreaterThan(4_000);
});

it("gives whoever comes back the same bucket", () => {
  let time = 0;
  const buckets = new Buckets(1, 10, () => time);
  expect(buckets.of("ann").take(10)).toBe(true);
  for (let index = 0; index < 100; index += 1) buckets.of(`other-${index}`);
  time += 2_000;
  expect(buckets.of("ann").take(3)).toBe(false);
});
