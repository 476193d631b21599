import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { need, program } from "../../../../scripts/programs/need.ts";
import { freePort } from "../../support/ports.ts";
import { RedisServer, whenEnded } from "../../support/redis-server.ts";
import { until } from "../../support/until.ts";

need("redis-sentinel");

export interface SentinelSecrets {
  /** Of the primary and the replica. */
  servers: string;
  sentinels: string;
}

export interface SentinelOptions {
  secrets?: SentinelSecrets;
}

/** Milliseconds of silence after which a primary is taken for dead. */
const patience = { least: 1_000, most: 60_000 };

/** A primary, its replica, and three Sentinels that watch them. */
export class Sentinels {
  readonly servers: [RedisServer, RedisServer];
  readonly #ports: number[];
  readonly #processes: ChildProcess[];
  readonly #directory: string;
  readonly #secrets: SentinelSecrets | undefined;

  constructor(servers: [RedisServer, RedisServer], sentinels: Started, secrets?: SentinelSecrets) {
    this.servers = servers;
    this.#ports = sentinels.ports;
    this.#processes = sentinels.processes;
    this.#directory = sentinels.directory;
    this.#secrets = secrets;
  }

  static async start({ secrets }: SentinelOptions = {}): Promise<Sentinels> {
    const known = secrets ? ["--requirepass", secrets.servers, "--masterauth", secrets.servers] : [];
    const primary = await RedisServer.start("--repl-diskless-sync-delay", "0", ...known);
    const replica = await RedisServer.start("--replicaof", "127.0.0.1", String(primary.port), ...known);
    const started = await startSentinels(primary.port, secrets);
    const sentinels = new Sentinels([primary, replica], started, secrets);
    try {
      await sentinels.#agree();
    } catch (error) {
      await sentinels.stop();
      throw error;
    }
    return sentinels;
  }

  get url(): string {
    return `redis+sentinel://${this.#ports.map((port) => `127.0.0.1:${port}`).join(",")}/mymaster`;
  }

  /**
   * From now on a primary that is silent for a second is dead. To be said right before its end: until then a busy
   * machine would be taken for one, and the replica would take over before its time.
   */
  async expectDeath(): Promise<void> {
    const terms = ["down-after-milliseconds", String(patience.least)];
    for (const port of this.#ports) {
      await this.#ask((client) => client.call("SENTINEL", "SET", "mymaster", ...terms), port);
    }
  }

  /** Hands over to the replica as an operator does. */
  async failover(): Promise<void> {
    await this.#ask((client) => client.call("SENTINEL", "FAILOVER", "mymaster"));
  }

  /** Waits until the replica has taken over. */
  async takenOver(): Promise<void> {
    const isPrimary = () => this.servers[1].ask(async (client) => (await client.role())[0] === "master");
    await until(isPrimary, "the replica does not take over", { timeout: 30_000 });
  }

  /** Empties the server that was the primary at the start. */
  async flush(): Promise<void> {
    await this.servers[0].flush();
  }

  /** As `RedisServer.age`, on that server. */
  async age(ms: number): Promise<void> {
    await this.servers[0].age(ms);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map((process) => {
        process.kill("SIGKILL");
        return whenEnded(process);
      }),
    );
    for (const server of this.servers) await server.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Waits until all know each other and the replica, or a failover would not come about. */
  async #agree(): Promise<void> {
    const agreed = async () => {
      const info = String(await this.#ask((client) => client.info("sentinel")));
      const replication = await this.servers[1].ask((client) => client.info("replication"));
      seen = `${info}${replication}`;
      return /slaves=1,sentinels=3/.test(info) && /master_link_status:up/.test(replication);
    };
    let seen = "";
    // A Sentinel that does not listen yet is one that does not know the others yet.
    await until(
      () => agreed().catch(() => false),
      () => `the Sentinels and the replica do not come together:\n${seen}`,
      // A Sentinel that looked before the replica was there looks again after ten seconds.
      { timeout: 40_000 },
    );
  }

  async #ask<Result>(commands: (client: Redis) => Promise<Result>, port = this.#ports[0]): Promise<Result> {
    const password = this.#secrets?.sentinels;
    const client = new Redis(port ?? 0, "127.0.0.1", password === undefined ? {} : { password });
    client.on("error", () => {});
    try {
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }
}

interface Started {
  ports: number[];
  processes: ChildProcess[];
  directory: string;
}

async function startSentinels(primary: number, secrets: SentinelSecrets | undefined): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), "tidegate-sentinel-"));
  const ports = [await freePort(), await freePort(), await freePort()];
  const known = secrets
    ? [`requirepass ${secrets.sentinels}`, `sentinel auth-pass mymaster ${secrets.servers}`]
    : [];
  const processes = await Promise.all(
    ports.map(async (port) => {
      const file = join(directory, `${port}.conf`);
      const lines = [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${directory}`,
        `sentinel monitor mymaster 127.0.0.1 ${primary} 2`,
        `sentinel down-after-milliseconds mymaster ${patience.most}`,
        "sentinel failover-timeout mymaster 5000",
        ...known,
      ];
      await writeFile(file, lines.join("\n"));
      return spawn(program("redis-sentinel"), [file], { stdio: "ignore" });
    }),
  );
  return { ports, processes, directory };
}
