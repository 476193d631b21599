import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Simulation } from "./support/simulation.ts";
import { World } from "./support/world.ts";

const seeds = Number(process.env.TIDEGATE_SEEDS ?? 200);
const first = Number(process.env.TIDEGATE_FIRST_SEED ?? 1);
const batch = 20;

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

describe("what a client saw is the channel's sequence, or it was told to reload", () => {
  const batches = Array.from({ length: Math.ceil(seeds / batch) }, (_, index) => first + index * batch);

  it.each(batches)("seeds from %i", { timeout: 120_000 }, async (from) => {
    const faulty = [];
    for (let seed = from; seed < Math.min(from + batch, first + seeds); seed += 1) {
      const outcome = await new Simulation(world, seed).run();
      if (outcome.faults.length > 0) faulty.push(outcome);
    }
    expect(faulty).toEqual([]);
  });
});
