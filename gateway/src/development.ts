import { createTokens } from "./auth/token.ts";
import type { Config } from "./config/schema.ts";
import type { Log } from "./log.ts";
import { randomText } from "./random.ts";

/** Outside production what is missing to try the gateway is made up, anew at each start. */
export function withDevelopmentKeys(config: Config): Config {
  if (config.production) return config;
  const { tokenSecret, tokenPublicKey, tokenJwksUrl, apiKeys } = config;
  const verifies = tokenSecret.length > 0 || tokenPublicKey !== undefined || tokenJwksUrl !== undefined;
  return {
    ...config,
    tokenSecret: verifies ? tokenSecret : [randomKey()],
    apiKeys: apiKeys.length > 0 ? apiKeys : [randomKey()],
  };
}

function randomKey(): string {
  return randomText(24, "base64url");
}

const day = 24 * 60 * 60 * 1_000;

/** Where what the nodes share is kept. */
function placeOf({ redisUrl }: Config): string {
  return redisUrl === "memory" ? "everything is in memory" : "what nodes share is in Redis";
}

function lifeOfKeys(config: Config, loaded: Config): string {
  const isNew = [config.tokenSecret !== loaded.tokenSecret, config.apiKeys !== loaded.apiKeys];
  if (isNew.every(Boolean)) return "these keys are new at each start";
  if (isNew.every((one) => !one)) return "these keys are those of the settings";
  return `${isNew[0] ? "the token's key" : "the API key"} is new at each start`;
}

/**
 * What a developer needs to try a node that has just started.
 *
 * @param loaded the configuration before keys were made up
 */
export async function developmentBanner(
  config: Config,
  loaded: Config,
  ports: { port: number; adminPort: number },
  log: Log,
): Promise<string> {
  const gateway = `http://127.0.0.1:${ports.port}`;
  const api = `http://127.0.0.1:${ports.adminPort}`;
  const [key = ""] = config.apiKeys;
  const token = config.tokenSecret.length > 0 ? await demoToken(config, log) : "YOUR_TOKEN";
  const auth = `-H 'authorization: Bearer ${key}'`;
  const body = `'{"channel":"chat:demo","data":{"text":"hello"}}'`;
  return `
  Tidegate is ready, for development: ${placeOf(config)}, and ${lifeOfKeys(config, loaded)}.

    gateway   ${gateway}   (Socket.IO over WebSocket; /json and /ws without Socket.IO)
    console   ${api}/console#key=${key}
    API       ${api}   documentation at ${api}/docs
    API key   ${key}
    token     ${token}
              (user "demo", one day)

  Open the console in a browser and press a few buttons, or type:

    npm run -s subscribe -- chat:demo --url ${gateway} --token ${token}

    curl -s ${api}/v1/publish ${auth} -H 'content-type: application/json' -d ${body}

    curl -s '${api}/v1/history?channel=chat:demo' ${auth}

`;
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
