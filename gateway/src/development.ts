import { readFileSync, writeFileSync } from "node:fs";
import { createTokens } from "./auth/token.ts";
import type { Config } from "./config/schema.ts";
import { Failure } from "./errors.ts";
import type { Log } from "./log.ts";
import { randomText } from "./random.ts";

interface Keys {
  tokenSecret: string;
  apiKey: string;
}

/**
 * Outside production what is missing to try the gateway is made up: anew at each start, or once where a file is named.
 *
 * @throws Failure `internal` where the file is there and has no keys, or cannot be written
 */
export function withDevelopmentKeys(config: Config): Config {
  if (config.production) return config;
  const { tokenSecret, tokenPublicKey, tokenJwksUrl, apiKeys } = config;
  const verifies = tokenSecret.length > 0 || tokenPublicKey !== undefined || tokenJwksUrl !== undefined;
  if (verifies && apiKeys.length > 0) return config;
  const keys = keptKeys(config.developmentKeys);
  return {
    ...config,
    tokenSecret: verifies ? tokenSecret : [keys.tokenSecret],
    apiKeys: apiKeys.length > 0 ? apiKeys : [keys.apiKey],
  };
}

/** A page that holds a token, or a script that holds a key, goes on working after a restart. */
function keptKeys(path: string | undefined): Keys {
  const made = { tokenSecret: randomKey(), apiKey: randomKey() };
  if (path === undefined) return made;
  try {
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return readKeys(path);
    throw new Failure("internal", `TIDEGATE_DEVELOPMENT_KEYS: cannot write ${path}.`, { cause: error });
  }
}

function readKeys(path: string): Keys {
  const isKey = (value: unknown): value is string => typeof value === "string" && value.length >= 32;
  try {
    const { tokenSecret, apiKey } = JSON.parse(readFileSync(path, "utf8")) as Partial<Keys>;
    if (isKey(tokenSecret) && isKey(apiKey)) return { tokenSecret, apiKey };
  } catch {
    // Told below: what is wrong with it does not matter, and it is soon made anew.
  }
  throw new Failure(
    "internal",
    `TIDEGATE_DEVELOPMENT_KEYS: ${path} has no keys; delete it, and others are made up.`,
  );
}

function randomKey(): string {
  return randomText(24, "base64url");
}

const day = 24 * 60 * 60 * 1_000;

/**
 * What a developer needs to try a node that has just started.
 *
 * @param given what the operator has set: of that nothing is told, since the output may be kept somewhere
 */
export async function developmentBanner(
  given: Config,
  config: Config,
  ports: { port: number; adminPort: number },
  log: Log,
): Promise<string> {
  const gateway = `http://127.0.0.1:${ports.port}`;
  const api = `http://127.0.0.1:${ports.adminPort}`;
  const isMadeUp = {
    key: given.apiKeys !== config.apiKeys,
    secret: given.tokenSecret !== config.tokenSecret,
  };
  const key = isMadeUp.key ? (config.apiKeys[0] ?? "") : "YOUR_KEY";
  const token = isMadeUp.secret ? await demoToken(config, log) : "YOUR_TOKEN";
  const auth = `-H 'authorization: Bearer ${key}'`;
  const body = `'{"channel":"chat:demo","data":{"text":"hello"}}'`;
  return `
  Tidegate is ready, for development: ${whatIsNew(config, isMadeUp)}.

    gateway   ${gateway}   (Socket.IO over WebSocket; /json and /ws without Socket.IO)
    console   ${api}/console${isMadeUp.key ? `#key=${key}` : ""}
    API       ${api}   documentation at ${api}/docs
    API key   ${isMadeUp.key ? key : "as set in TIDEGATE_API_KEYS"}
    token     ${isMadeUp.secret ? `${token}\n              (user "demo", one day)` : "of the keys that are set"}

  Open the console in a browser and press a few buttons, or type:

    npm run -s subscribe -- chat:demo --url ${gateway} --token ${token}

    curl -s ${api}/v1/publish ${auth} -H 'content-type: application/json' -d ${body}

    curl -s '${api}/v1/history?channel=chat:demo' ${auth}

`;
}

function whatIsNew(
  { redisUrl, developmentKeys }: Config,
  isMadeUp: { key: boolean; secret: boolean },
): string {
  const place = redisUrl === "memory" ? "everything is in memory" : "what nodes share is in Redis";
  const life = developmentKeys === undefined ? "new at each start" : `kept in ${developmentKeys}`;
  if (isMadeUp.key && isMadeUp.secret) return `${place}, and these keys are ${life}`;
  if (isMadeUp.key || isMadeUp.secret) return `${place}, and what is shown of keys is ${life}`;
  return `${place}, and the keys are your own`;
}

async function demoToken(config: Config, log: Log): Promise<string> {
  const tokens = await createTokens({
    secrets: config.tokenSecret,
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    maxLifetime: config.tokenMaxLifetime,
    log,
  });
  const { token } = await tokens.sign({ user: "demo", ttl: Math.min(day, config.tokenMaxLifetime) });
  return token;
}
