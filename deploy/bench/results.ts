import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { limits } from "./limits.ts";
import { columnsOf, machine, rowsOf, type ScenarioResult, today } from "./report.ts";
import { scenarios } from "./scenarios/all.ts";

export const resultsPath = fileURLToPath(new URL("RESULTS.md", import.meta.url));
/** The same run as JSON, from which the page on capacity is made. */
export const figuresPath = fileURLToPath(new URL("results.json", import.meta.url));
/** What such a run has come to before its end. */
export const unfinishedPath = fileURLToPath(new URL("results.unfinished.json", import.meta.url));

export interface BenchRun {
  machine: string;
  date: string;
  results: ScenarioResult[];
}

/** A run out of its JSON; a scenario that is there no longer is left out. */
export function readRun(path: string): BenchRun {
  const { machine, date, scenarios: measured } = JSON.parse(readFileSync(path, "utf8"));
  const results = (measured as (ScenarioResult & { name: string })[]).flatMap(
    ({ name, throughRedis, runs }) => {
      const scenario = scenarios.find((each) => each.name === name);
      return scenario ? [{ scenario, throughRedis, runs }] : [];
    },
  );
  return { machine, date, results };
}

/** @returns the scenarios that a run of today on this machine has measured as often before it was cut off */
export function unfinishedRun(runs: number): ScenarioResult[] {
  if (!existsSync(unfinishedPath)) return [];
  const { machine: place, date, results } = readRun(unfinishedPath);
  if (place !== machine() || date !== today()) return [];
  return results.filter((result) => Object.values(result.runs).every((all) => all.length === runs));
}

/**
 * The page of one full run: for each scenario its figures, then what bounds them.
 *
 * @throws RangeError where nothing says what bounds a scenario
 */
export function resultsPage({ machine: place, date, results }: BenchRun): string {
  const runs = Math.max(...results.flatMap((result) => Object.values(result.runs).map((all) => all.length)));
  const head = [
    "# Results",
    "",
    `Medians of ${runs === 1 ? "one run" : `${runs} runs`}, ${date}: ${place}.`,
    "",
    "`npm run bench -- --results` measures it all again and writes this page. Stock is a Socket.IO server in a few lines with",
    "`@socket.io/redis-adapter`, WebSocket only, without compression; bare is `ws` alone; `/json` and `/ws` are Tidegate without Socket.IO",
    "(PROTOCOL, section 11; a connection of `/ws` has one subscription). All run on the same load, one after the",
    "other, each in a process of its own, started anew; the load comes from another process that speaks raw frames. A CPU second is one of",
    "the server's own process, all its threads and the kernel's work for it included. Tidegate verifies a token of each",
    "connection and keeps a history of each channel; the others do neither. A star says that the load generator was busy all the time, so",
    "that the server could have done more each second; what it did in a CPU second is still its own.",
  ];
  return `${[...head, ...results.flatMap((result) => section(result, results))].join("\n")}\n`;
}

function section(result: ScenarioResult, all: readonly ScenarioResult[]): string[] {
  const columns = columnsOf(all);
  const { name, title } = result.scenario;
  const through = result.throughRedis && result.scenario.redis === "also";
  const heading = `${name}${through ? ", through Redis" : ""}`;
  const limit = limits[heading];
  if (limit === undefined) throw new RangeError(`Nothing says what bounds "${heading}".`);
  return [
    "",
    `## ${heading}`,
    "",
    `${title}.`,
    "",
    `| ${columns.join(" | ")} |`,
    `|---|${"--:|".repeat(columns.length - 1)}`,
    ...rowsOf(result, all).map((row) => `| ${row.join(" | ")} |`),
    "",
    limit,
  ];
}
