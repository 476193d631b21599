import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { provide } from "../../../scripts/programs/provide.ts";
import { Checkout } from "./checkout.ts";
import { reportOutcome, reportRound } from "./report.ts";
import { endAll, type Outcome, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";
import { upgradeFrom } from "./scenarios/upgrade.ts";

const usage = `npm run chaos -- [--seeds N] [--seed FIRST] [--scenario NAME] [--times N] [--clients N] [--lanes N] [--goals]
npm run chaos -- --from COMMIT [--times N] …   rolls a cluster of that commit to this checkout, and with N > 1 back and forth

Scenarios, which seeds take in turn:
${scenarios.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join("\n")}
`;

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    seeds: { type: "string" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
    times: { type: "string" },
    clients: { type: "string" },
    lanes: { type: "string", default: String(2 * availableParallelism()) },
    goals: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const named = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (values.help || named.length === 0) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
provide("chaos");
const older = values.from === undefined ? undefined : await Checkout.make(values.from);
const chosen = older ? [upgradeFrom(older)] : named;
const count = values.seeds ?? (older ? 1 : scenarios.length);

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

async function end(code: number): Promise<void> {
  await older?.remove();
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void endAll().finally(() => end(1)));
}
const outcomes = await runAll(Number(values.seed), Number(count), Number(values.lanes));
await end(reportRound(outcomes, values) ? 0 : 1);
