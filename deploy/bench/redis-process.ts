import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSecondsOf, freePort, listening } from "./process.ts";

/** A redis-server of its own, so that none pays for what another left in it. */
export class RedisProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, port: number, directory: string) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#child = child;
    this.#directory = directory;
  }

  static async start(): Promise<RedisProcess> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), "tidegate-bench-redis-"));
    const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    const usual = ["--save", "", "--appendonly", "no", "--repl-backlog-ttl", "0"];
    const child = spawn("redis-server", [...place, ...usual], { stdio: "ignore" });
    await listening("Redis", child, [port]);
    return new RedisProcess(child, port, directory);
  }

  /** @returns undefined where there is none on this machine */
  static version(): string | undefined {
    const { stdout } = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
    return /v=(\S+)/.exec(stdout ?? "")?.[1];
  }

  /** CPU seconds that it has used. */
  cpu(): number {
    return cpuSecondsOf(this.#child.pid);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
