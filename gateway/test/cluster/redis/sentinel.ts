import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { vi } from "vitest";
import { freePort, RedisServer } from "../../support/redis-server.ts";

const patience = { timeout: 15_000, interval: 50 };

/** A primary, its replica, and three Sentinels that watch them. */
export class Sentinels {
  readonly servers: [RedisServer, RedisServer];
  readonly #ports: number[];
  readonly #processes: ChildProcess[];
  readonly #directory: string;

  constructor(
    servers: [RedisServer, RedisServer],
    ports: number[],
    processes: ChildProcess[],
    directory: string,
  ) {
    this.servers = servers;
    this.#ports = ports;
    this.#processes = processes;
    this.#directory = directory;
  }

  static async start(): Promise<Sentinels> {
    const primary = await RedisServer.start("--repl-diskless-sync-delay", "0");
    const replica = await RedisServer.start("--replicaof", "127.0.0.1", String(primary.port));
    const directory = await mkdtemp(join(tmpdir(), "tidegate-sentinel-"));
    const ports = [await freePort(), await freePort(), await freePort()];
    const processes = await Promise.all(ports.map((port) => startSentinel(directory, port, primary.port)));
    const sentinels = new Sentinels([primary, replica], ports, processes, directory);
    await sentinels.#agree();
    return sentinels;
  }

  get url(): string {
    return `redis+sentinel://${this.#ports.map((port) => `127.0.0.1:${port}`).join(",")}/mymaster`;
  }

  /** Hands over to the replica as an operator does. */
  async failover(): Promise<void> {
    await this.#ask((client) => client.call("SENTINEL", "FAILOVER", "mymaster"));
  }

  /** Empties the server that was the primary at the start. */
  async flush(): Promise<void> {
    await this.servers[0].flush();
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map((process) => {
        const ended = new Promise((resolve) => process.once("exit", resolve));
        process.kill("SIGKILL");
        return ended;
      }),
    );
    for (const server of this.servers) await server.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Waits until all know each other and the replica, or a failover would not come about. */
  async #agree(): Promise<void> {
    await vi.waitFor(async () => {
      const info = String(await this.#ask((client) => client.info("sentinel")));
      if (!/slaves=1,sentinels=3/.test(info)) throw new Error("The Sentinels do not know each other yet.");
      const replication = await this.servers[1].ask((client) => client.info("replication"));
      if (!/master_link_status:up/.test(replication)) throw new Error("The replica has no data yet.");
    }, patience);
  }

  async #ask<Result>(commands: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = new Redis(this.#ports[0] ?? 0, "127.0.0.1");
    client.on("error", () => {});
    try {
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }
}

async function startSentinel(directory: string, port: number, primary: number): Promise<ChildProcess> {
  const file = join(directory, `${port}.conf`);
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${primary} 2`,
    "sentinel down-after-milliseconds mymaster 1000",
    "sentinel failover-timeout mymaster 5000",
  ];
  await writeFile(file, lines.join("\n"));
  return spawn("redis-sentinel", [file], { stdio: "ignore" });
}
