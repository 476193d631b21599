import type { Outcome } from "./run.ts";

export interface ReportOptions {
  /** The commit that the cluster was rolled from. */
  from?: string | undefined;
  scenario?: string | undefined;
  times?: string | undefined;
  clients?: string | undefined;
  /** Figures beyond their goals count as faults. */
  goals: boolean;
}

/** Lines of one run that are shown; all of them are in its traces. */
const shown = 12;

/** Prints what came of one run. */
export function reportOutcome(outcome: Outcome, options: ReportOptions): void {
  const { seed, scenario, seconds, figures, how, traces } = outcome;
  const measured = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`);
  const faults = faultsOf(outcome, options);
  const verdict = faults.length === 0 ? "ok  " : "FAIL";
  const name = how ? `${scenario.name} ${how}` : scenario.name;
  print(`${verdict} seed ${seed} ${name} in ${seconds.toFixed(0)} s: ${measured.join(", ")}`);
  for (const line of faults.slice(0, shown)) print(`     ${line}`);
  if (faults.length > shown) print(`     and ${faults.length - shown} more`);
  if (faults.length > 0) print(`     replay: ${replay(outcome, options)}`);
  if (traces) print(`     traces: ${traces}`);
}

/** @returns whether all held */
export function reportRound(outcomes: readonly Outcome[], options: ReportOptions): boolean {
  const failed = outcomes.filter((outcome) => faultsOf(outcome, options).length > 0);
  const seeds = outcomes.map(({ seed }) => seed);
  const range = `seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}`;
  const names = new Set(outcomes.map(({ scenario }) => scenario.name));
  print(`${range}, ${names.size} scenarios`);
  for (const outcome of failed) print(`failed: ${replay(outcome, options)}`);
  print(`${outcomes.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0;
}

function faultsOf({ faults, figures, scenario }: Outcome, { goals }: ReportOptions): string[] {
  if (!goals) return faults;
  const missed = Object.entries(scenario.goals ?? {}).flatMap(([name, limit]) => {
    const value = figures[name] ?? Number.NaN;
    return value <= limit ? [] : [`goal: ${name} is ${value}, and ${limit} is the most`];
  });
  return [...faults, ...missed];
}

/** A seed alone says which scenario it takes only where all are there to choose from. */
function replay({ seed, scenario }: Outcome, { from, times, clients }: ReportOptions): string {
  const scale = [times && `--times ${times}`, clients && `--clients ${clients}`].filter(Boolean);
  const which = from === undefined ? `--scenario ${scenario.name}` : `--from ${from}`;
  return ["npm run chaos -- --seeds 1", `--seed ${seed}`, which, ...scale].join(" ");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
