import { Passage } from "../../cluster/redis/passage.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { until } from "../../support/until.ts";
import type { Scenario } from "../scenario.ts";
import type { Store } from "../store.ts";

/** A Redis to which each node has a way of its own. */
class DistantRedis implements Store {
  readonly server: RedisServer;
  readonly passages: readonly Passage[];

  private constructor(server: RedisServer, passages: readonly Passage[]) {
    this.server = server;
    this.passages = passages;
  }

  static async start(): Promise<DistantRedis> {
    const server = await RedisServer.start();
    return new DistantRedis(server, await Promise.all([0, 1, 2].map(() => Passage.start(server.port))));
  }

  get url(): string {
    return this.server.url;
  }

  /** The newest connections of a node, by their ids in Redis. */
  async newest(name: string, role: string): Promise<number> {
    const list = String(await this.server.ask((client) => client.client("LIST")));
    const own = list.split("\n").filter((line) => line.includes(`name=tidegate:${name}:${role} `));
    return Math.max(0, ...own.map((line) => Number(/^id=(\d+)/.exec(line)?.[1])));
  }

  async stop(): Promise<void> {
    await Promise.all(this.passages.map((passage) => passage.stop()));
    await this.server.stop();
  }
}

export const halfOpen: Scenario<DistantRedis> = {
  name: "half-open",
  title: "connections to Redis on which nothing comes through any more, and nobody says so",
  scale: { times: 1, clients: 24 },
  open: () => DistantRedis.start(),
  env: ({ passages }, index) => ({ TIDEGATE_REDIS_URL: passages[index]?.url ?? "" }),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const { place, fleet, dice } = stage;
    const index = dice.between(0, 2);
    const { name } = fleet.at(index);
    const before = await place.newest(name, "subscriber");
    const begun = performance.now();
    place.passages[index]?.swallow();
    const isFound = async () => (await place.newest(name, "subscriber")) > before;
    await until(isFound, "the lost connection is not found", { timeout: 30_000 });
    const found = performance.now() - begun;
    return { found, resynchronised: await stage.resynchronised() };
  },
  goals: { found: 6_000 },
};
