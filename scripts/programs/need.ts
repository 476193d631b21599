import { findProgram } from "./find.ts";
import { adviceOn, type ProgramName } from "./table.ts";

/** What a test's context can do. */
interface Skippable {
  skip(note: string): never;
}

const isCI = Boolean(process.env.CI) && process.env.CI !== "false";

/**
 * What the test file that is being run needs and the machine lacks. It belongs to the process, since vitest loads this
 * module twice: for its runner, and for the test files.
 */
const lacking: Set<ProgramName> = process.tidegateLacking ?? new Set();
process.tidegateLacking = lacking;

declare global {
  namespace NodeJS {
    interface Process {
      tidegateLacking?: Set<ProgramName>;
    }
  }
}

/**
 * Said by a module that starts these programs. Every test file that imports it is skipped where one is lacking, or
 * fails where `CI` is set: there a program that is not found would hide a fault.
 */
export function need(...names: ProgramName[]): void {
  for (const name of names) if (findProgram(name) === undefined) lacking.add(name);
  if (isCI && lacking.size > 0) throw new Error(lackingNote());
}

/** Said by the runner: what comes now is another test file. */
export function needNothing(): void {
  lacking.clear();
}

/** `needs redis-server (apt-get install …): …`; undefined where nothing is lacking. */
export function lackingNote(): string | undefined {
  return lacking.size === 0 ? undefined : noteOf([...lacking]);
}

/**
 * The program's path, for a module that has said `need`.
 *
 * @throws Error that says how to get it
 */
export function program(name: ProgramName): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(noteOf([name]));
  return path;
}

/** The program's path, for one test of a file whose others do without; that test alone is skipped where it is lacking. */
export function programFor(test: Skippable, name: ProgramName): string {
  const path = findProgram(name);
  if (path === undefined && !isCI) test.skip(noteOf([name]));
  return path ?? program(name);
}

function noteOf(names: readonly ProgramName[]): string {
  return `needs ${names.map(adviceOn).join("; ")}`;
}
