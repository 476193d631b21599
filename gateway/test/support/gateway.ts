import { type App, createApp } from "../../src/app.ts";
import { createTokens, type SessionRequest, type Tokens } from "../../src/auth/token.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLog, type Log, silentLog } from "../../src/log.ts";

export interface GatewayOptions {
  /** Environment variables over those of the tests. */
  env?: Record<string, string>;
  /** The file of channel rules and hooks as YAML; the development rules where absent. */
  rules?: string;
  /** Takes the log's lines, those at the level debug included; or the log itself. */
  log?: ((line: string) => void) | Log;
  now?: () => number;
}

export interface Gateway {
  app: App;
  /** The public port's address. */
  url: string;
  port: number;
  /** The admin port's address. */
  api: string;
  key: string;
  tokens: Tokens;
  /** A token of the user, for an hour unless said otherwise. */
  token(user: string, claims?: Partial<SessionRequest>): Promise<string>;
  /** Calls the server API and returns status and parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The sum of a metric's samples whose labels contain all the given ones. */
  metric(name: string, labels?: string): Promise<number>;
  stop(): Promise<void>;
}

export const testSecret = "test-secret-test-secret-test-secret!";
export const testKey = "test-api-key";

const testEnvironment = {
  TIDEGATE_PORT: "0",
  TIDEGATE_ADMIN_PORT: "0",
  TIDEGATE_HOST: "127.0.0.1",
  TIDEGATE_TOKEN_SECRET: testSecret,
  TIDEGATE_API_KEYS: testKey,
  TIDEGATE_HANDSHAKE_RATE: "0",
  TIDEGATE_MAX_LOOP_DELAY: "0ms",
  TIDEGATE_DRAIN_WINDOW: "1s",
};

/** A gateway in this process, on free ports, configured as an operator would. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const files = options.rules === undefined ? {} : { TIDEGATE_CONFIG: "channels.yaml" };
  const env = { ...testEnvironment, ...files, ...options.env };
  const { config, warnings: _warnings, ...file } = loadConfig(env, () => options.rules ?? "");
  const { log: given = silentLog } = options;
  const log = typeof given === "function" ? createLog("debug", "test", { write: given }) : given;
  const app = await createApp({ ...file, config, log, ...(options.now ? { now: options.now } : {}) });
  const { port, adminPort } = await app.start();
  const api = `http://127.0.0.1:${adminPort}`;
  const { tokenMaxLifetime: maxLifetime } = config;
  const tokens = await createTokens({ secrets: [testSecret], maxLifetime, log: silentLog });
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    port,
    api,
    key: testKey,
    tokens,
    token: async (user, claims) => (await tokens.sign({ user, ttl: 3_600_000, ...claims })).token,
    call: (method, path, body) => call(`${api}${path}`, method, body),
    metric: (name, labels) => metric(api, name, labels),
    stop: () => app.stop(),
  };
}

async function call(url: string, method: string, body: unknown) {
  const headers: Record<string, string> = { authorization: `Bearer ${testKey}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The sum of the samples of a node's metric whose labels contain all the given ones. */
export async function metric(api: string, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`${api}/metrics`)).text();
  const samples = text.split("\n").filter((line) => {
    const [series = ""] = line.split(" ");
    return series.split("{")[0] === name && series.includes(labels);
  });
  return samples.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
}
