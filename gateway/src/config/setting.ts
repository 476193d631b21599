/*
 * What a setting is: name, kind, default, words, and whether its value is a secret. The files in `settings/` are lists
 * of these.
 */

import type { z } from "zod";
import type { Kind } from "./kinds.ts";

/** A default that differs from start to start, with the words that stand for it on the reference page. */
export interface MadeDefault {
  words: string;
  make: () => string;
}

/** One setting: all that the loader and the reference page know of it. */
export interface Setting<T> {
  env: string;
  /** Completes the sentence "expected …". */
  type: string;
  /** As it would be written in the environment; undefined where the setting may be absent. */
  default: string | MadeDefault | undefined;
  about: string;
  /** Its value is in no log and no fault. */
  secret: boolean;
  /** `<env>_FILE` may name a file that holds the value. */
  fileable: boolean;
  /** The value where neither the environment nor a default gives a text. */
  absent: T | undefined;
  schema: z.ZodType<T, string>;
}

interface Declaration {
  env: string;
  about: string;
  secret?: boolean;
  fileable?: boolean;
}

/** @param value the default; without one the setting is undefined until somebody sets it */
export function setting<T>(kind: Kind<T>, value: string | MadeDefault, declaration: Declaration): Setting<T> {
  return { ...complete(declaration), ...kind, default: value, absent: undefined };
}

export function optional<T>(kind: Kind<T>, declaration: Declaration): Setting<T | undefined> {
  return { ...complete(declaration), ...kind, default: undefined, absent: undefined };
}

/** A list that is empty until somebody sets it. */
export function listed<T>(kind: Kind<readonly T[]>, declaration: Declaration): Setting<readonly T[]> {
  return { ...complete(declaration), ...kind, default: undefined, absent: [] };
}

function complete({ env, about, secret = false, fileable = secret }: Declaration) {
  return { env, about, secret, fileable };
}
