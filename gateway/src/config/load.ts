/*
 * Reads everything that is configured, or says everything that is wrong with it. `main.ts` calls it once. A node never
 * starts with a part of its settings, and never stops at the first fault.
 */

import { doubtsOf } from "./doubts.ts";
import {
  type Environment,
  type ReadFile,
  readNamed,
  readSource,
  type Source,
  unknownNames,
} from "./environment.ts";
import { type ConfigFile, parseFile, withoutFile } from "./file.ts";
import { allHooks, hookFaults, secretSetting, withSecrets } from "./hook-faults.ts";
import { areOnePair } from "./pem.ts";
import { productionFaults } from "./production.ts";
import { redisFaults } from "./redis-faults.ts";
import { developmentRules } from "./rules.ts";
import { type Config, settings } from "./schema.ts";
import type { Setting } from "./setting.ts";

/** Everything that is wrong with the settings and the rules, at once. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(["The configuration has faults:", ...faults].join("\n  "));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

export interface Loaded extends ConfigFile {
  config: Config;
  warnings: string[];
}

/**
 * Settings from the environment, and rules and hooks from the file that it names.
 *
 * @param readFile returns a file's text; what it throws becomes a fault
 * @returns all of it deeply frozen, and what the operator should hear
 * @throws ConfigError that names every fault; no value of a secret is in it
 */
export function loadConfig(env: Environment, readFile: ReadFile): Loaded {
  const { config, given, faults } = readSettings(env, readFile);
  const isGiven = (key: keyof Config) => given.has(key);
  faults.push(...modeFaults(env), ...portFaults(config), ...loginFaults(config, isGiven));
  faults.push(...tlsFaults(config, isGiven), ...redisFaults(config, isGiven));
  if (config.production) faults.push(...productionFaults(config, isGiven));
  const { faults: fileFaults, warnings: fileWarnings, ...file } = loadFile(config, readFile);
  const { hooks, faults: secretFaults } = loadSecrets(file, config, env, readFile);
  faults.push(...fileFaults, ...secretFaults, ...hookFaults(hooks, config));
  if (faults.length > 0) throw new ConfigError(faults);
  const known = [...Object.values<Setting<unknown>>(settings), ...allHooks(hooks).map(secretSetting)];
  const warnings = [...unknownNames(env, known), ...fileWarnings, ...doubtsOf(config, file.rules, hooks)];
  return { ...deepFreeze({ ...file, config, hooks }), warnings };
}

interface ReadSettings {
  /** Without faults it is whole; with them the values of those settings are missing. */
  config: Config;
  /** Keys for which something was written, be it valid or not. */
  given: Set<string>;
  faults: string[];
}

/** Goes on after a fault, so that all of them are found. */
function readSettings(env: Environment, readFile: ReadFile): ReadSettings {
  const values: Record<string, unknown> = { production: env.NODE_ENV?.trim() === "production" };
  const given = new Set<string>();
  const faults: string[] = [];
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    try {
      if (readSource(setting, env, readFile)) given.add(key);
      values[key] = readSetting(setting, env, readFile);
    } catch (error) {
      given.add(key);
      faults.push(messageOf(error));
    }
  }
  return { config: values as Config, given, faults };
}

/**
 * One setting, as the environment or the file that it names has it now.
 *
 * @throws Error with the fault as its message
 */
export function readSetting<T>(setting: Setting<T>, env: Environment, readFile: ReadFile): T {
  const source = readSource(setting, env, readFile);
  return (source ? parse(setting, source) : defaultOf(setting)) as T;
}

/** @throws Error with the fault as its message */
function parse<T>(setting: Setting<T>, { name, text }: Source): T {
  const result = setting.schema.safeParse(text);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${name}: ${issue?.message}${setting.fileable ? "" : `, got ${shown(text)}`}`);
}

/** A default is parsed like a written text: one that is no valid value fails in every test. */
function defaultOf({ default: value, absent, schema }: Setting<unknown>): unknown {
  if (value === undefined) return absent;
  return schema.parse(typeof value === "string" ? value : value.make());
}

/** A value as a fault may show it: short, and without the credentials that a URL may carry. */
function shown(text: string): string {
  const open = text.replaceAll(/\/\/.*@/g, "//…@");
  const quoted = JSON.stringify(open.length <= 80 ? open : `${open.slice(0, 79)}…`);
  if (!text.startsWith("tcp://")) return quoted;
  return `${quoted}, which Kubernetes sets for a Service of that name: set enableServiceLinks: false on the pod`;
}

/** Two ports of 0 are two free ones. */
function portFaults({ port, adminPort }: Config): string[] {
  if (port !== adminPort || port === 0 || port === undefined) return [];
  return [`TIDEGATE_PORT and TIDEGATE_ADMIN_PORT are both ${port}; they must differ`];
}

/** Any other word would be development, where everything is open. */
function modeFaults({ NODE_ENV }: Environment): string[] {
  const mode = NODE_ENV?.trim() ?? "";
  if (["", "production", "development", "test"].includes(mode)) return [];
  const meant = "production, or development, in which everything is open";
  return [`NODE_ENV: expected ${meant}, got ${shown(mode)}`];
}

function tlsFaults(
  { tlsCert: cert, tlsKey: key }: Config,
  isGiven: (key: keyof Config) => boolean,
): string[] {
  if (isGiven("tlsCert") !== isGiven("tlsKey")) {
    return ["TIDEGATE_TLS_CERT and TIDEGATE_TLS_KEY go together; one of them is set"];
  }
  if (cert === undefined || key === undefined || areOnePair({ cert, key })) return [];
  return ["TIDEGATE_TLS_KEY is not the key of TIDEGATE_TLS_CERT"];
}

/** A login ends in a token of the gateway's own, which takes a secret to sign; development may make one up. */
function loginFaults({ production, wechatApps }: Config, isGiven: (key: keyof Config) => boolean): string[] {
  if (!wechatApps?.length || isGiven("tokenSecret")) return [];
  if (!production && !isGiven("tokenPublicKey") && !isGiven("tokenJwksUrl")) return [];
  return [
    "TIDEGATE_WECHAT_APPS: the gateway signs the tokens of those who log in; set TIDEGATE_TOKEN_SECRET",
  ];
}

interface LoadedFile extends ConfigFile {
  faults: string[];
  warnings: string[];
}

/** Without a file: everything is allowed in development, and nothing in production. */
function loadFile({ configFile, production }: Config, readFile: ReadFile): LoadedFile {
  const none = { ...withoutFile, rules: [], faults: [], warnings: [] };
  if (configFile === undefined) {
    if (!production) return { ...none, rules: developmentRules };
    const warning = "TIDEGATE_CONFIG is not set: there are no channels but the users' own";
    return { ...none, warnings: [warning] };
  }
  try {
    const text = readNamed("TIDEGATE_CONFIG", configFile, readFile);
    return { ...none, ...parseFile(text, configFile) };
  } catch (error) {
    return { ...none, faults: [messageOf(error)] };
  }
}

/** The hooks with their secrets, which only the environment has. */
function loadSecrets({ hooks }: ConfigFile, config: Config, env: Environment, readFile: ReadFile) {
  const faults: string[] = [];
  const secretsOf: Parameters<typeof withSecrets>[1] = (hook) => {
    const setting = secretSetting(hook);
    try {
      const source = readSource(setting, env, readFile);
      return source && parse(setting, source);
    } catch (error) {
      faults.push(messageOf(error));
      return undefined;
    }
  };
  return { hooks: withSecrets(hooks, secretsOf, config.hookSecret ?? []), faults };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every room has the config; one that changed it would change it for all. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
