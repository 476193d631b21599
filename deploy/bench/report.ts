import { cpus, release } from "node:os";
import type { Figures, Scenario } from "./scenario.ts";
import type { ServerKind } from "./server-process.ts";

export interface ScenarioResult {
  scenario: Scenario;
  /** The figures of each run, by server. */
  runs: Partial<Record<ServerKind, Figures[]>>;
}

/** A load generator busier than this may be what is measured. */
const busy = 0.95;

/** Prints the medians as a table, and with `json` everything as JSON. */
export function printTable(results: readonly ScenarioResult[], json: boolean): void {
  if (json) {
    const scenarios = results.map(({ scenario, runs }) => ({
      name: scenario.name,
      title: scenario.title,
      runs,
    }));
    process.stdout.write(`${JSON.stringify({ machine: machine(), scenarios }, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    `${machine()}\n\n| scenario | figure | Tidegate | stock | bare ws | ratio |\n|---|---|---|---|---|---|\n`,
  );
  for (const result of results)
    for (const row of rowsOf(result)) process.stdout.write(`| ${row.join(" | ")} |\n`);
}

function rowsOf({ scenario, runs }: ScenarioResult): string[][] {
  const medians = Object.fromEntries(Object.entries(runs).map(([kind, all]) => [kind, medianOf(all)]));
  const { tidegate = {}, stock = {}, bare = {} } = medians as Partial<Record<ServerKind, Figures>>;
  const figures = new Set([tidegate, stock, bare].flatMap((each) => Object.keys(each)));
  figures.delete("generator_busy");
  const limited = [tidegate, stock].some((each) => (each.generator_busy ?? 0) > busy);
  return [...figures].map((figure) => [
    scenario.name,
    `${figure}${limited ? " (the generator was the limit)" : ""}`,
    ...[tidegate, stock, bare].map((each) => shown(each[figure])),
    ratio(tidegate[figure], stock[figure]),
  ]);
}

function medianOf(all: readonly Figures[]): Figures {
  const names = new Set(all.flatMap((figures) => Object.keys(figures)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(all.map((figures) => figures[name] ?? 0))]),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function shown(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}

function ratio(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || !theirs ? "–" : `${(ours / theirs).toPrecision(3)} ×`;
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model ?? "CPU"}, ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`;
}
