/*
 * Where a setting's text comes from: its variable, or the file that `<name>_FILE` names. Values of secrets pass
 * through here, so no fault quotes one.
 */

import { nearest } from "./nearest.ts";
import type { Setting } from "./setting.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

/** What was written for a setting. */
export interface Source {
  /** The variable that gave it. */
  name: string;
  text: string;
}

/**
 * What the environment, or the file that it names, says of a setting. An empty variable counts as not set.
 *
 * @returns undefined where nothing was written
 * @throws Error with the fault as its message
 */
export function readSource(
  setting: Setting<unknown>,
  env: Environment,
  readFile: ReadFile,
): Source | undefined {
  const { env: name, fileable } = setting;
  const fileName = `${name}_FILE`;
  const text = written(env, name);
  const path = fileable ? written(env, fileName) : undefined;
  if (path === undefined) return text === undefined ? undefined : { name, text };
  if (text !== undefined) throw new Error(`${name} and ${fileName} are both set; set one of them`);
  const content = readNamed(fileName, path, readFile).trim();
  if (content === "") throw new Error(`${fileName}: the file ${path} is empty`);
  return { name: fileName, text: content };
}

/** @throws Error `<name>: cannot read <path> (<code>)`; with nothing of what the file holds */
export function readNamed(name: string, path: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new Error(`${name}: cannot read ${path} (${code})`, { cause: error });
  }
}

/** A warning for each variable that looks like a setting and is none. */
export function unknownNames(env: Environment, settings: readonly Setting<unknown>[]): string[] {
  const known = settings.flatMap((setting) =>
    setting.fileable ? [setting.env, `${setting.env}_FILE`] : [setting.env],
  );
  const unknown = Object.keys(env).filter((name) => name.startsWith("TIDEGATE_") && !known.includes(name));
  return unknown.sort().map((name) => {
    const meant = nearest(name, known);
    return `${name} is not a setting${meant ? `; did you mean ${meant}?` : ""}`;
  });
}

/** Spaces around a value come from files of variables; none of the settings means them. */
function written(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}
