import { beforeEach, expect, it } from "vitest";
import { Shares } from "../../src/connection/shares.ts";

let time: number;
let shares: Shares;

beforeEach(() => {
  time = 100;
  shares = new Shares(300, 0, () => time);
});

/** Has each address ask so often in a second, evenly. @returns what each got */
function askFor(seconds: number, wanted: Record<string, number>): Record<string, number> {
  const got: Record<string, number> = {};
  const steps = 1_000;
  for (let step = 0; step < seconds * steps; step += 1) {
    time += 1 / steps;
    for (const [network, perSecond] of Object.entries(wanted)) {
      const asked = Math.floor(((step + 1) * perSecond) / steps) - Math.floor((step * perSecond) / steps);
      for (let count = 0; count < asked; count += 1) {
        if (shares.take(network)) got[network] = (got[network] ?? 0) + 1;
      }
    }
  }
  return got;
}

it("lets as many pass in a second as there are, and as many at once", () => {
  expect(Array.from({ length: 1_000 }, () => shares.take("a")).filter(Boolean)).toHaveLength(300);
  const { a = 0 } = askFor(10, { a: 1_000 });
  expect(a).toBeGreaterThan(2_900);
  expect(a).toBeLessThan(3_100);
});

it("refuses whoever asks for most, and nobody else", () => {
  const { flood = 0, shop } = askFor(10, { flood: 5_000, shop: 10 });
  // The first of an address that comes after another may find nothing left.
  expect(shop).toBeGreaterThanOrEqual(99);
  expect(flood).toBeGreaterThan(2_000);
});

it("leaves room for others beside ten that ask for more than there is", () => {
  const floods = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`flood-${index}`, 500]));
  askFor(2, floods);
  const { shop } = askFor(10, { ...floods, shop: 10 });
  expect(shop).toBeGreaterThanOrEqual(95);
});

it("lets three carriers that come together have nearly all", () => {
  const got = askFor(10, { one: 1_000, two: 1_000, three: 1_000 });
  const all = Object.values(got).reduce((sum, count) => sum + count, 0);
  expect(all).toBeGreaterThan(2_600);
});

it("counts what it is told of later against its address alone", () => {
  shares.take("b");
  shares.charge("a", 10_000);
  expect(shares.take("a")).toBe(false);
  expect(shares.take("b")).toBe(true);
});

it("sets no limit where there is none", () => {
  shares = new Shares(0, 0, () => time);
  expect(Array.from({ length: 1_000 }, () => shares.take("a", 5)).every(Boolean)).toBe(true);
});

it("forgets addresses rather than grow for ever", () => {
  for (let index = 0; index < 100_000; index += 1) {
    time += 0.000_01;
    shares.take(`198.51.100.${index}`);
  }
  expect(shares.size).toBeLessThanOrEqual(10_001);
  time += 60;
  for (let index = 0; index < 20_000; index += 1) shares.take(`203.0.113.${index}`);
  time += 60;
  shares.take("192.0.2.1");
  expect(shares.size).toBeLessThanOrEqual(10_001);
});
