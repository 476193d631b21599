/*
 * Reads again what the files hold that settings name by `<name>_FILE`. Kubernetes, Vault and cert-manager replace such
 * files in place; whoever read a password at the start alone could never come back once the old one is taken away.
 */

import { type Environment, type ReadFile, readSource } from "./environment.ts";
import { type Config, settings } from "./schema.ts";
import type { Setting } from "./setting.ts";

/**
 * @param config as it was loaded
 * @returns the same, with what the files hold now
 * @throws Error with the fault as its message; no secret is in it
 */
export function reread(config: Config, env: Environment, readFile: ReadFile): Config {
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    const source = setting.fileable ? readSource(setting, env, readFile) : undefined;
    if (!source || source.name === setting.env) continue;
    const { success, data, error } = setting.schema.safeParse(source.text);
    if (!success) throw new Error(`${source.name}: ${error.issues[0]?.message}`);
    values[key] = data;
  }
  return { ...config, ...values };
}
