import { renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RedisProcess } from "./redis-process.ts";
import { isBottleneck, machine, printTable, resultsText, type ScenarioResult, today } from "./report.ts";
import { figuresPath, resultsPage, resultsPath, unfinishedPath, unfinishedRun } from "./results.ts";
import type { Figures, Scenario } from "./scenario.ts";
import { byName, scenarios } from "./scenarios/all.ts";
import { type ServerKind, ServerProcess } from "./server-process.ts";

const usage = `npm run bench -- [scenario …] [--redis] [--runs n] [--json | --results] [--quick]

  --redis    the scenarios that can, through Redis: a redis-server is started for each measurement
  --runs n   each measured n times, medians told; 1 unless given, 3 with --results
  --json     every figure of every run, as JSON
  --results  everything, alone and through Redis, written to deploy/bench/RESULTS.md and results.json
  --resume   with --results: goes on with a run of today that did not come to its end
  --quick    small, to see that it runs

Scenarios: ${scenarios.map(({ name }) => name).join(", ")}
By their name alone: ${byName.map(({ name }) => name).join(", ")}
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    redis: { type: "boolean", default: false },
    results: { type: "boolean", default: false },
    resume: { type: "boolean", default: false },
    runs: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** A scenario as it is to be run. */
interface Job {
  scenario: Scenario;
  throughRedis: boolean;
}

const names = [...scenarios, ...byName].map(({ name }) => name);
if (values.help || positionals.some((name) => !names.includes(name))) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
const runs = Number(values.runs ?? (values.results ? 3 : 1));
const results: ScenarioResult[] = [];
const before = values.resume ? unfinishedRun(runs) : [];
for (const job of jobs()) {
  results.push(before.find((result) => isOf(result, job)) ?? (await measureAll(job)));
  if (values.results) writeFileSync(unfinishedPath, resultsText(results));
}
if (values.results) {
  writeFileSync(resultsPath, resultsPage({ machine: machine(), date: today(), results }));
  renameSync(unfinishedPath, figuresPath);
} else {
  printTable(results, values.json);
}
process.exit();

function isOf(result: ScenarioResult, { scenario, throughRedis }: Job): boolean {
  return result.scenario === scenario && result.throughRedis === throughRedis;
}

function jobs(): Job[] {
  const chosen =
    positionals.length === 0
      ? scenarios
      : [...scenarios, ...byName].filter(({ name }) => positionals.includes(name));
  const alone = chosen.map((scenario) => ({ scenario, throughRedis: scenario.redis === "only" }));
  const through = chosen
    .filter(({ redis }) => redis === "also")
    .map((scenario) => ({ scenario, throughRedis: true }));
  if (values.results) return runnable([...alone, ...through]);
  return runnable(values.redis ? [...through, ...alone.filter(({ throughRedis }) => throughRedis)] : alone);
}

/** Without a redis-server on the machine, what does not need one is still measured. */
function runnable(all: readonly Job[]): Job[] {
  if (RedisProcess.version() !== undefined) return [...all];
  const left = all.filter(({ throughRedis }) => !throughRedis);
  if (left.length < all.length) process.stderr.write("no redis-server here: what needs one is left out\n");
  return left;
}

async function measureAll({ scenario, throughRedis }: Job): Promise<ScenarioResult> {
  const result: ScenarioResult = { scenario, throughRedis, runs: {} };
  const servers = scenario.targets.filter((kind) => !throughRedis || kind !== "bare");
  for (let run = 0; run < runs; run += 1) {
    for (const kind of servers) {
      const place = `${scenario.name}${throughRedis ? " through Redis" : ""}: ${kind}`;
      process.stderr.write(`${place}${runs > 1 ? `, run ${run + 1} of ${runs}` : ""}\n`);
      const figures = await measure(scenario, kind, throughRedis).catch(tellFailure);
      if (!figures) continue;
      if (isBottleneck(figures)) process.stderr.write("  the load generator was the bottleneck\n");
      result.runs[kind] = [...(result.runs[kind] ?? []), figures];
    }
  }
  return result;
}

/** What fails is missing in the results, and in the exit code; the rest is still measured. */
function tellFailure(error: unknown): undefined {
  process.exitCode = 1;
  process.stderr.write(`  failed: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Each measurement has a server of its own, so none pays for another's garbage. */
async function measure(scenario: Scenario, kind: ServerKind, throughRedis: boolean): Promise<Figures> {
  const redis = throughRedis ? await RedisProcess.start() : undefined;
  try {
    const server = await ServerProcess.start(kind, scenario.env?.(kind), redis?.url);
    try {
      return await scenario.run(server, { quick: values.quick, redis });
    } finally {
      await server.stop();
    }
  } finally {
    await redis?.stop();
  }
}
