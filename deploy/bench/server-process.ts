import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Target } from "./load/dialect.ts";

export type ServerKind = Target | "bare";

/** Kernel clock ticks a second, as /proc counts them on Linux. */
const ticks = 100;

const secret = "bench-secret-bench-secret-bench-secret!";
const apiKey = "bench-key";

const entries: Record<ServerKind, string> = {
  tidegate: "../../gateway/src/main.ts",
  stock: "servers/stock.ts",
  bare: "servers/bare.ts",
};

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

  static async start(kind: ServerKind, env: Record<string, string> = {}): Promise<ServerProcess> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const entry = fileURLToPath(new URL(entries[kind], import.meta.url));
    const child = spawn(process.execPath, [...flags, entry], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...tidegateEnvironment(port, adminPort), BENCH_PORT: String(port), ...env },
    });
    const server = new ServerProcess(kind, child, port, adminPort);
    await server.#listening();
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
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticks;
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

  async #listening(): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if (this.#child.exitCode !== null) throw new Error(`The ${this.kind} server ended at its start.`);
      if ((await accepts(this.port)) && (this.kind !== "tidegate" || (await accepts(this.adminPort)))) return;
      await pause(25);
    }
    throw new Error(`The ${this.kind} server does not listen.`);
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
    TIDEGATE_MAX_LOOP_DELAY: "0ms",
    TIDEGATE_REQUEST_RATE: "1000000",
    TIDEGATE_REQUEST_BURST: "1000000",
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
