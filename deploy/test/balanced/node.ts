import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { RawClient } from "../../bench/load/client.ts";
import { signToken } from "../../bench/load/token.ts";
import type { Address } from "./balancer.ts";

export const secret = "balanced-secret-balanced-secret-balanced";
export const apiKey = "balanced-key";

const entry = fileURLToPath(new URL("../../../gateway/src/main.ts", import.meta.url));
const rules = fileURLToPath(new URL("../../bench/channels.yaml", import.meta.url));

/** A gateway that can be stopped and started again where it was. */
export class Node implements Address {
  readonly port: number;
  readonly adminPort: number;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;

  private constructor(port: number, adminPort: number, env: Record<string, string>) {
    this.port = port;
    this.adminPort = adminPort;
    this.#env = env;
  }

  /**
   * @param drainWindow milliseconds
   * @param env settings over the usual
   */
  static async make(redisUrl: string, drainWindow: number, env: Record<string, string> = {}): Promise<Node> {
    const [port, adminPort] = [await freePort(), await freePort()];
    return new Node(port, adminPort, {
      NODE_ENV: "production",
      TIDEGATE_HOST: "127.0.0.1",
      TIDEGATE_NODE_ID: `node-${port}`,
      TIDEGATE_PORT: String(port),
      TIDEGATE_ADMIN_PORT: String(adminPort),
      TIDEGATE_REDIS_URL: redisUrl,
      TIDEGATE_DRAIN_WINDOW: `${drainWindow}ms`,
      TIDEGATE_TOKEN_SECRET: secret,
      TIDEGATE_API_KEYS: apiKey,
      TIDEGATE_TRUSTED_PROXIES: "loopback",
      TIDEGATE_CONFIG: rules,
      TIDEGATE_LOG_LEVEL: "error",
      ...env,
    });
  }

  /** Resolves once the balancer at the port sends it clients, as it does to the one that has the fewest. */
  async chosenBy(port: number): Promise<void> {
    while ((await nodeBehind(port)) !== this.#env.TIDEGATE_NODE_ID) await sleep(50);
  }

  /** Resolves once it is ready. */
  async start(): Promise<void> {
    const flags = ["--max-semi-space-size=4", entry];
    const env = { ...process.env, ...this.#env };
    this.#child = spawn(process.execPath, flags, { env, stdio: ["ignore", "ignore", "inherit"] });
    while (!(await this.#ready())) {
      if (this.#child.exitCode !== null) throw new Error("The gateway ended at its start.");
      await sleep(50);
    }
  }

  /** @returns its exit code, or the signal where that ended it */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code, by] = (await ended) as [number | null, string | null];
    return code ?? by;
  }

  connections(): Promise<number> {
    return this.metric("tidegate_connections");
  }

  /** Handshakes that it refused for their rate, for lag, or for want of memory. */
  async refusedAsBusy(): Promise<number> {
    const reasons = ["rate", "lag", "memory", "descriptors"];
    const series = reasons.map((reason) => `tidegate_handshakes_turned_away_total{reason="${reason}"}`);
    const counts = await Promise.all(series.map((name) => this.metric(name)));
    return counts.reduce((sum, count) => sum + count);
  }

  /** @param series the metric with its labels, as it stands in Prometheus' format */
  async metric(series: string): Promise<number> {
    const metrics = await (await fetch(`http://127.0.0.1:${this.adminPort}/metrics`)).text();
    const line = metrics.split("\n").find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  }

  #ready(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/** The name of the gateway that welcomes a client; undefined where none does. */
async function nodeBehind(port: number): Promise<string | undefined> {
  const client = await RawClient.open(port).catch(() => undefined);
  if (!client) return undefined;
  return new Promise((resolve) => {
    client.onClose = () => resolve(undefined);
    client.onMessage = (chunk, start, end) => {
      const [, name] = /"node":"([^"]+)"/.exec(chunk.toString("utf8", start, end)) ?? [];
      if (name === undefined) return;
      resolve(name);
      client.destroy();
    };
    client.send(`40${JSON.stringify({ token: signToken(secret, "probe") })}`);
  });
}
