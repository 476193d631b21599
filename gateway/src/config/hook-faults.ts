/*
 * The hooks' secrets from the environment, and what production asks of hooks. `load.ts` calls it once the file is read:
 * the names of the hooks say which variables there are.
 */

import { isProtected } from "./addresses.ts";
import type { AskingHook, Hooks, TellingHook } from "./hooks.ts";
import type { Config } from "./schema.ts";
import type { Setting } from "./setting.ts";
import { hooks as settings } from "./settings/hooks.ts";

type Hook = AskingHook | TellingHook;

/** The setting that has the secrets of one hook. */
export function secretSetting({ name }: Pick<Hook, "name">): Setting<readonly string[]> {
  const { env } = settings.hookSecret;
  return { ...settings.hookSecret, env: `${env}_${name.toUpperCase().replaceAll("-", "_")}` };
}

export function allHooks({ asking, telling }: Hooks): Hook[] {
  return [...asking, ...telling];
}

/** The hooks, each with what it signs with. @param secretsOf undefined where a hook has none of its own */
export function withSecrets(
  { asking, telling }: Hooks,
  secretsOf: (hook: Hook) => readonly string[] | undefined,
  common: readonly string[],
): Hooks {
  const signed = <Kind extends Hook>(hook: Kind): Kind => ({ ...hook, secrets: secretsOf(hook) ?? common });
  return { asking: asking.map(signed), telling: telling.map(signed) };
}

/** What may be taken lightly in development only. */
export function* hookFaults(hooks: Hooks, { production }: Pick<Config, "production">): Generator<string> {
  if (!production) return;
  for (const hook of allHooks(hooks)) {
    const { name, url, plain, secrets } = hook;
    if (secrets.length === 0) {
      yield `the hook ${name} has no secret: set ${settings.hookSecret.env} or ${secretSetting(hook).env}`;
    }
    if (!plain && !isProtected(url)) {
      yield `the hook ${name}: in production an https URL is needed, unless it is on this machine or says plain: true`;
    }
  }
}

export function* hookWarnings(
  hooks: Hooks,
  config: Pick<Config, "production" | "tokenSecret">,
): Generator<string> {
  for (const { name, url, plain } of allHooks(hooks)) {
    if (config.production && plain && !isProtected(url)) {
      yield `the hook ${name} says plain: true: what it is sent can be read on the way`;
    }
  }
  const asks = hooks.asking.some(({ ask }) => ask.includes("connect"));
  if (asks && config.tokenSecret.length === 0) {
    yield "a hook is asked connect and TIDEGATE_TOKEN_SECRET is not set: every client that comes back is asked about again";
  }
}
