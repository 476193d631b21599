import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { provide } from "../../../scripts/programs/provide.ts";
import { reportOutcome, reportRound } from "./report.ts";
import { endAll, type Outcome, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";

const usage = `npm run chaos -- [--seeds N] [--seed FIRST] [--scenario NAME] [--times N] [--clients N] [--lanes N] [--goals]

Scenarios, which seeds take in turn:
${scenarios.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join("\n")}
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: String(scenarios.length) },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
    times: { type: "string" },
    clients: { type: "string" },
    lanes: { type: "string", default: String(2 * availableParallelism()) },
    goals: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const chosen = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (values.help || chosen.length === 0) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

function scenarioOf(seed: number): Scenario {
  const scenario = chosen[(seed - 1) % chosen.length];
  if (!scenario) throw new RangeError("A seed is 1 or more.");
  return scenario;
}

async function runAll(first: number, count: number, lanes: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = first;
  const lane = async () => {
    while (next < first + count) {
      const seed = next++;
      const scenario = scenarioOf(seed);
      const { times = scenario.scale.times, clients = scenario.scale.clients } = values;
      const outcome = await run(scenario, seed, { times: Number(times), clients: Number(clients) });
      outcomes.push(outcome);
      reportOutcome(outcome, values);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void endAll().finally(() => process.exit(1)));
}
provide("chaos");
const outcomes = await runAll(Number(values.seed), Number(values.seeds), Number(values.lanes));
process.exit(reportRound(outcomes, values) ? 0 : 1);
