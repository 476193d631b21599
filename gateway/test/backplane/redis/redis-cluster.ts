import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { need, program } from "../../../../scripts/programs/need.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { until } from "../../support/until.ts";

need("redis-cli");

const run = promisify(execFile);

/** A slot on its way from one primary to another. */
export interface SlotMove {
  /** How many of its keys are still where they were. */
  left(): Promise<number>;
  /** Takes so many of its keys there, as far as there are any. */
  keys(count: number): Promise<void>;
  /** Tells all that it is there now. */
  end(): Promise<void>;
}

/** Milliseconds of silence after which a server is taken for dead. */
const patience = { least: 1_000, most: 30_000 };

/** A Redis Cluster of three primaries, with or without a replica each. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];

  constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  static async start(replicas: 0 | 1 = 0): Promise<RedisCluster> {
    const options = [
      "--cluster-enabled",
      "yes",
      "--cluster-node-timeout",
      String(patience.most),
      "--repl-diskless-sync-delay",
      "0",
    ];
    const count = 3 * (replicas + 1);
    const servers = await Promise.all(Array.from({ length: count }, () => RedisServer.start(...options)));
    const cluster = new RedisCluster(servers);
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    const create = [
      "--cluster",
      "create",
      ...addresses,
      "--cluster-replicas",
      String(replicas),
      "--cluster-yes",
    ];
    try {
      await run(program("redis-cli"), create);
      await cluster.#agree();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get url(): string {
    return `redis+cluster://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  async flush(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => server.ask((client) => client.flushall().catch(() => undefined))),
    );
  }

  /** As `RedisServer.age`, on all primaries. */
  async age(ms: number): Promise<void> {
    await Promise.all(this.servers.map((server) => server.age(ms)));
  }

  /** The server that holds a key's slot, and another primary. */
  async ownerOf(key: string): Promise<[owner: RedisServer, other: RedisServer, slot: number]> {
    const [first] = this.servers;
    if (!first) throw new Error("The cluster has no servers.");
    const [slot, slots] = await first.ask((client) =>
      Promise.all([client.cluster("KEYSLOT", key), client.cluster("SLOTS")]),
    );
    const ports = slots.map(([from, to, primary]) => ({ from, to, port: primary?.[1] }));
    const owner = ports.find(({ from, to }) => from <= slot && slot <= to)?.port;
    const other = ports.find(({ port }) => port !== owner)?.port;
    return [this.#at(owner), this.#at(other), slot];
  }

  /**
   * Moves the slot of a key to another primary, keys and all.
   *
   * @param hesitate is waited for while the slot is between the two: at the start, with half of its keys moved,
   *   and with all of them moved
   */
  async move(key: string, hesitate = async (): Promise<void> => {}): Promise<void> {
    const move = await this.beginMove(key);
    await hesitate();
    await move.keys(Math.floor((await move.left()) / 2));
    await hesitate();
    await move.keys(Number.POSITIVE_INFINITY);
    await hesitate();
    await move.end();
  }

  /** Begins to move the slot of a key to another primary: both know of it, and the keys go one by one. */
  async beginMove(key: string): Promise<SlotMove> {
    const [owner, other, slot] = await this.ownerOf(key);
    const [ownId, otherId] = await Promise.all(
      [owner, other].map((server) => server.ask((client) => client.cluster("MYID"))),
    );
    await other.ask((client) => client.cluster("SETSLOT", slot, "IMPORTING", String(ownId)));
    await owner.ask((client) => client.cluster("SETSLOT", slot, "MIGRATING", String(otherId)));
    const keys = (count: number) =>
      owner.ask(async (client) => {
        for (let moved = 0; moved < count; ) {
          const names = await client.cluster("GETKEYSINSLOT", slot, Math.min(count - moved, 1_000));
          if (names.length === 0) return;
          await client.call("MIGRATE", "127.0.0.1", other.port, "", 0, 5_000, "KEYS", ...names.map(String));
          moved += names.length;
        }
      });
    const end = async () => {
      for (const server of [other, owner, ...this.servers]) {
        await server.ask((client) =>
          client.cluster("SETSLOT", slot, "NODE", String(otherId)).catch(() => undefined),
        );
      }
    };
    const left = async () => Number(await owner.ask((client) => client.cluster("COUNTKEYSINSLOT", slot)));
    return { left, keys, end };
  }

  /**
   * From now on a server that is silent for a second is dead. To be said right before its end: until then a busy
   * machine would be taken for one, and a replica would take over before its time.
   */
  async expectDeath(): Promise<void> {
    const terms = ["cluster-node-timeout", String(patience.least)] as const;
    await Promise.all(this.servers.map((server) => server.ask((client) => client.config("SET", ...terms))));
  }

  /** Waits until others hold what a server held. */
  async takenOver(from: RedisServer): Promise<void> {
    const rest = this.servers.filter((server) => server !== from);
    const isOver = async (server: RedisServer) => {
      const slots = await server.ask((client) => client.cluster("SLOTS"));
      return slots.every(([, , primary]) => Number(primary?.[1]) !== from.port);
    };
    const areOver = async () => (await Promise.all(rest.map(isOver))).every(Boolean);
    await until(areOver, "no replica takes over", { timeout: 30_000 });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  #at(port: unknown): RedisServer {
    const server = this.servers.find((one) => one.port === Number(port));
    if (!server) throw new Error("The cluster has no such server.");
    return server;
  }

  async #agree(): Promise<void> {
    const isWhole = async (server: RedisServer) =>
      server.ask(async (client) => {
        const [state, replication] = await Promise.all([client.cluster("INFO"), client.info("replication")]);
        return String(state).includes("cluster_state:ok") && !replication.includes("master_link_status:down");
      });
    await until(
      async () => (await Promise.all(this.servers.map(isWhole))).every(Boolean),
      "no whole cluster",
      { timeout: 30_000 },
    );
  }
}
