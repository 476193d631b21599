import { parseArgs } from "node:util";
import { Lanes } from "../test/support/lanes.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "2000" }, first: { type: "string", default: "1" } },
});
const batch = 50;
const first = Number(values.first);
const end = first + Number(values.seeds);
const lanes = await Lanes.open();
let faulty = 0;
for (let from = first; from < end; from += batch) {
  const to = Math.min(from + batch, end);
  for (const { seed, faults } of await lanes.run(from, to)) {
    faulty += 1;
    process.stdout.write(`seed ${seed}\n  ${faults.join("\n  ")}\n`);
  }
  process.stderr.write(`${to - first} of ${values.seeds}\n`);
}
await lanes.close();
process.stdout.write(`${values.seeds} seeds, ${faulty} with faults\n`);
process.exitCode = faulty === 0 ? 0 : 1;
