import { parseArgs } from "node:util";
import { printTable, type ScenarioResult } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";
import { type ServerKind, ServerProcess } from "./server-process.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    runs: { type: "string" },
  },
});

const known = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
const unknown = positionals.filter((name) => !known.has(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(", ")}; there are ${[...known.keys()].join(", ")}\n`);
  process.exit(2);
}
const chosen = positionals.length > 0 ? positionals.flatMap((name) => known.get(name) ?? []) : scenarios;
const runs = Number(values.runs ?? 1);

const results: ScenarioResult[] = [];
for (const scenario of chosen) {
  const result: ScenarioResult = { scenario, runs: {} };
  for (let run = 0; run < runs; run += 1) {
    for (const kind of scenario.targets) {
      process.stderr.write(`${scenario.name}: ${kind}${runs > 1 ? `, run ${run + 1} of ${runs}` : ""}\n`);
      const figures = await measure(scenario, kind);
      result.runs[kind] = [...(result.runs[kind] ?? []), figures];
    }
  }
  results.push(result);
}
printTable(results, values.json);

/** Each measurement has a server of its own, so none pays for another's garbage. */
async function measure(scenario: Scenario, kind: ServerKind) {
  const server = await ServerProcess.start(kind, scenario.env?.(kind));
  try {
    return await scenario.run(server, { quick: values.quick });
  } finally {
    await server.stop();
  }
}
process.exit(0);
