import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lanes } from "./support/lanes.ts";

const seeds = Number(process.env.TIDEGATE_SEEDS ?? 200);
const first = Number(process.env.TIDEGATE_FIRST_SEED ?? 1);
const batch = 40;

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close());

describe("what a client saw is the channel's sequence, or it was told to reload", () => {
  const batches = Array.from({ length: Math.ceil(seeds / batch) }, (_, index) => first + index * batch);

  it.each(batches)("seeds from %i", { timeout: 120_000 }, async (from) => {
    expect(await lanes.run(from, Math.min(from + batch, first + seeds))).toEqual([]);
  });
});
