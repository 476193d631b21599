import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import { RedisProcess } from "./redis-process.ts";
import type { Figures, Scenario } from "./scenario.ts";
import type { ServerKind } from "./server-process.ts";

export interface ScenarioResult {
  scenario: Scenario;
  throughRedis: boolean;
  /** The figures of each run, by server. */
  runs: Partial<Record<ServerKind, Figures[]>>;
}

/** A load generator busier than this may be what is measured. */
const busy = 0.95;

export function isBottleneck(figures: Figures): boolean {
  return (figures.generator_busy ?? 0) > busy;
}

/** Prints the medians as a table, and with `json` everything as JSON. */
export function printTable(results: readonly ScenarioResult[], json: boolean): void {
  if (json) {
    process.stdout.write(resultsText(results));
    return;
  }
  const columns = ["scenario", ...columnsOf(results)];
  process.stdout.write(`${machine()}\n\n| ${columns.join(" | ")} |\n${"|---".repeat(columns.length)}|\n`);
  for (const result of results) {
    const name = `${result.scenario.name}${result.throughRedis ? " (Redis)" : ""}`;
    for (const row of rowsOf(result, results)) process.stdout.write(`| ${[name, ...row].join(" | ")} |\n`);
  }
}

/** Every figure of every run, as JSON. */
export function resultsText(results: readonly ScenarioResult[]): string {
  const scenarios = results.map(({ scenario: { name, title }, throughRedis, runs }) => ({
    name,
    title,
    throughRedis,
    runs,
  }));
  return `${JSON.stringify({ machine: machine(), date: today(), scenarios }, null, 2)}\n`;
}

/** As `2026-01-31`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** The servers as columns; the doors of the gateway stand side by side. */
const names: Record<ServerKind, string> = {
  tidegate: "Tidegate",
  json: "`/json`",
  text: "`/ws`",
  stock: "stock",
  bare: "bare ws",
};

const kinds = Object.keys(names) as ServerKind[];

/** Those that any of the results has. */
function measured(results: readonly ScenarioResult[]): ServerKind[] {
  return kinds.filter((kind) => results.some(({ runs }) => runs[kind] !== undefined));
}

export function columnsOf(results: readonly ScenarioResult[]): string[] {
  return ["figure", ...measured(results).map((kind) => names[kind]), "ratio"];
}

/** A row of cells for each figure: the medians of each server, and ours to stock's. @param all decides on the columns */
export function rowsOf({ runs }: ScenarioResult, all: readonly ScenarioResult[]): string[][] {
  const medians = new Map(kinds.map((kind) => [kind, medianOf(runs[kind] ?? [])]));
  const figures = new Set([...medians.values()].flatMap((each) => Object.keys(each)));
  figures.delete("generator_busy");
  const cell = (kind: ServerKind, figure: string) => {
    const each = medians.get(kind) ?? {};
    return `${shown(each[figure])}${isBottleneck(each) && figure in each ? " *" : ""}`;
  };
  return [...figures].map((figure) => [
    figure,
    ...measured(all).map((kind) => cell(kind, figure)),
    ratio(medians.get("tidegate")?.[figure], medians.get("stock")?.[figure]),
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
  return Number(value.toPrecision(3)).toString();
}

function ratio(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || !theirs ? "–" : `${(ours / theirs).toPrecision(3)} ×`;
}

/** What it ran on, and with which versions. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const versions = ["socket.io", "@socket.io/redis-adapter", "ws", "ioredis"].map(
    (name) => `${name} ${versionOf(name)}`,
  );
  const redis = RedisProcess.version();
  const runtime = [`Node ${process.versions.node}`, ...versions, ...(redis ? [`Redis ${redis}`] : [])];
  return `${cpu?.model ?? "CPU"}, ${cpus().length} cores, ${memory}, Linux ${release()}; ${runtime.join(", ")}`;
}

/** Not every package lets its package.json be imported. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const root = entry.slice(0, entry.lastIndexOf(`/${name}/`) + name.length + 2);
  const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
  return version;
}
