import { Redis } from "ioredis";
import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";
import type { Store } from "../store.ts";

/** A Redis that evicts, and the channels of which it has evicted something. */
class EvictingRedis implements Store {
  readonly server: RedisServer;
  readonly affected = new Set<string>();
  readonly #listener: Redis;

  private constructor(server: RedisServer) {
    this.server = server;
    this.#listener = new Redis(server.url);
    this.#listener.on("message", (_, key: string) => {
      const channel = /channel:\{(.*?)\}/.exec(key)?.[1];
      if (channel) this.affected.add(channel);
    });
  }

  static async start(): Promise<EvictingRedis> {
    const options = ["--maxmemory-policy", "allkeys-random", "--notify-keyspace-events", "Ee"];
    const place = new EvictingRedis(await RedisServer.start(...options));
    await place.#listener.subscribe("__keyevent@0__:evicted");
    return place;
  }

  get url(): string {
    return this.server.url;
  }

  /** Takes a share of the memory away for so long. */
  async squeeze(share: number): Promise<void> {
    await this.server.ask(async (client) => {
      const used = Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
      await client.config("SET", "maxmemory", String(Math.floor(used * share)));
      await client.ping();
      await client.config("SET", "maxmemory", "0");
    });
  }

  async stop(): Promise<void> {
    this.#listener.disconnect();
    await this.server.stop();
  }
}

export const evict: Scenario<EvictingRedis> = {
  name: "evict",
  title: "Redis evicts keys, in spite of what the documentation asks for",
  scale: { times: 4, clients: 24 },
  open: () => EvictingRedis.start(),
  tolerance: ({ affected }, channel) => (affected.has(channel) ? "alarm" : "nothing"),
  keepsSockets: true,
  losesPresence: true,
  async strike(stage) {
    for (let time = 0; time < stage.scale.times; time += 1) {
      await stage.place.squeeze(0.93 + stage.dice.next() * 0.06);
      await stage.pause(200, 2_000);
    }
    return { channels: stage.place.affected.size, resynchronised: await stage.resynchronised() };
  },
};
