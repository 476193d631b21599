import { parseArgs } from "node:util";
import { Simulation } from "../test/support/simulation.ts";
import { World } from "../test/support/world.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "2000" }, first: { type: "string", default: "1" } },
});
const first = Number(values.first);
const world = await World.start();
let faulty = 0;
for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
  const { faults } = await new Simulation(world, seed).run();
  if (faults.length === 0) continue;
  faulty += 1;
  process.stdout.write(`seed ${seed}\n  ${faults.join("\n  ")}\n`);
}
await world.stop();
process.stdout.write(`${values.seeds} seeds, ${faulty} with faults\n`);
process.exitCode = faulty === 0 ? 0 : 1;
