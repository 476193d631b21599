import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { LogLineId } from "../../src/log-lines/table.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const gateway = fileURLToPath(new URL("../..", import.meta.url));

/** A child process in its own group, with all that it wrote. */
export class Process {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | NodeJS.Signals>;

  constructor(file: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.#child = spawn(file, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#exit = once(this.#child, "close").then(([code, signal]) => code ?? signal);
  }

  /** The exit code, or the signal that ended it, once all its output is there. */
  get exit(): Promise<number | NodeJS.Signals> {
    return this.#exit;
  }

  /** Waits for the condition; fails at once when the process ends without it. */
  async until(condition: () => boolean): Promise<void> {
    const look = () => {
      if (condition()) return true;
      if (this.#child.exitCode === null) return false;
      throw new Error(`the process ended with ${this.#child.exitCode}: ${this.stderr}`);
    };
    await until(look, "the process does not come to it", { timeout: 30_000, interval: 10 });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends what is left of it and its children. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      process.kill(-this.#child.pid, "SIGKILL");
    }
    await this.#exit;
  }
}

/** The variables that a process needs from the one that starts it, with its own Node first in the path. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { HOME, PATH } = process.env;
  return { HOME, PATH: `${dirname(process.execPath)}:${PATH}` };
}

/** Runs a command line as a person would, in the repository's folder. */
export function runCommand(line: string): Process {
  return new Process("sh", ["-c", line], { cwd: root, env: bareEnvironment() });
}

export interface StartOptions {
  /** Files that the process may have open at once, and no more. */
  openFiles?: number;
  /** The folder `gateway` of another checkout, to start that one. */
  cwd?: string | undefined;
}

/** The gateway's process as an operator starts it, with these variables alone. */
export function startMain(env: Record<string, string> = {}, options: StartOptions = {}): Process {
  const { openFiles, cwd = gateway } = options;
  const settings = { cwd, env: { ...bareEnvironment(), ...env } };
  if (openFiles === undefined) return new Process(process.execPath, ["src/main.ts"], settings);
  return new Process("sh", ["-c", `ulimit -n ${openFiles} && exec node src/main.ts`], settings);
}

export interface GatewayProcess {
  process: Process;
  port: number;
  /** The public port's address. */
  url: string;
  /** The admin port's address. */
  api: string;
}

/** Starts a gateway on free ports and waits until it listens. */
export async function spawnGateway(
  env: Record<string, string> = {},
  options: StartOptions = {},
): Promise<GatewayProcess> {
  const ports = { TIDEGATE_PORT: "0", TIDEGATE_ADMIN_PORT: "0", TIDEGATE_HOST: "127.0.0.1" };
  const process = startMain({ ...ports, ...env }, options);
  // Not by the line's id: an earlier version that runs beside this one has other lines.
  const listening = () => linesOf(process).find(({ adminPort }) => typeof adminPort === "number");
  await process.until(() => listening() !== undefined);
  const { port, adminPort } = listening() as { port: number; adminPort: number };
  return { process, port, url: `http://127.0.0.1:${port}`, api: `http://127.0.0.1:${adminPort}` };
}

/** The first log line with this id. */
export function logged(process: Process, id: LogLineId): Record<string, unknown> | undefined {
  return linesOf(process).find(({ msgId }) => msgId === id);
}

function linesOf({ stdout }: Process): Record<string, unknown>[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
