import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Target } from "./load/dialect.ts";
import { cpuSecondsOf, freePort, listening } from "./process.ts";

export type ServerKind = Target | "bare";

const secret = "bench-secret-bench-secret-bench-secret!";
const apiKey = "bench-key";

const entries: Record<ServerKind, string> = {
  tidegate: "../../gateway/src/main.ts",
  json: "../../gateway/src/main.ts",
  text: "../../gateway/src/main.ts",
  stock: "servers/stock.ts",
  bare: "servers/bare.ts",
};

/** Whether it is a gateway, whichever of its doors is measured. */
export function isTidegate(kind: ServerKind): boolean {
  return kind === "tidegate" || kind === "json" || kind === "text";
}

/** As `npm start` runs the gateway, and the others for the comparison's sake. */
const flags = ["--max-semi-space-size=4"];

/** A server under measurement, in a process of its own. */
export class ServerProcess {
  readonly kind: ServerKind;
  readonly port: number;
  readonly adminPort: number;
  readonly #child: ChildProcess;

  private constructor(kind: ServerKind, child: ChildProcess, port: number, adminPort: number) {
    this.kind = kind;
    this.port = port;
    this.adminPort = adminPort;
    this.#child = child;
  }

  /** @param redisUrl where the gateway and the stock server meet others of their kind */
  static async start(
    kind: ServerKind,
    env: Record<string, string> = {},
    redisUrl?: string,
  ): Promise<ServerProcess> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const entry = fileURLToPath(new URL(entries[kind], import.meta.url));
    const child = spawn(process.execPath, [...flags, entry], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        ...tidegateEnvironment(port, adminPort),
        ...(redisUrl && { TIDEGATE_REDIS_URL: redisUrl, BENCH_REDIS_URL: redisUrl }),
        BENCH_PORT: String(port),
        ...env,
      },
    });
    const server = new ServerProcess(kind, child, port, adminPort);
    await listening(kind, child, isTidegate(kind) ? [port, adminPort] : [port]);
    return server;
  }

  get secret(): string {
    return secret;
  }

  get apiKey(): string {
    return apiKey;
  }

  /** CPU seconds that the process has used, user and system. */
  cpu(): number {
    return cpuSecondsOf(this.#child.pid);
  }

  /** Resident bytes. */
  resident(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

function tidegateEnvironment(port: number, adminPort: number): Record<string, string> {
  return {
    NODE_ENV: "development",
    TIDEGATE_HOST: "127.0.0.1",
    TIDEGATE_PORT: String(port),
    TIDEGATE_ADMIN_PORT: String(adminPort),
    TIDEGATE_TOKEN_SECRET: secret,
    TIDEGATE_API_KEYS: apiKey,
    TIDEGATE_CONFIG: fileURLToPath(new URL("channels.yaml", import.meta.url)),
    TIDEGATE_LOG_LEVEL: "warn",
    TIDEGATE_HANDSHAKE_RATE: "0",
    TIDEGATE_MAX_MEMORY: "0",
    TIDEGATE_MAX_LOOP_DELAY: "0ms",
    TIDEGATE_REQUEST_RATE: "1000000",
    TIDEGATE_REQUEST_BURST: "1000000",
  };
}
