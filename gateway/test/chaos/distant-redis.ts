import { Passage } from "../backplane/redis/passage.ts";
import { RedisServer } from "../support/redis-server.ts";
import { Network } from "./network.ts";
import type { Store } from "./store.ts";

/** A Redis to which each node has a way of its own, on which everything can vanish without a word. */
export interface DistantRedis extends Store {
  readonly server: RedisServer;
  urlOf(index: number): string;
  /** From now on nothing comes through the connections that a node has; new ones work. */
  swallow(index: number, name: string): Promise<void>;
  /** From now on nothing at all comes through between Redis and a node. */
  cut?(index: number): Promise<void>;
  /** Lets everything through, of what is still under way too. */
  heal?(): Promise<void>;
}

/** In a network of its own, where this system has one to give. */
export async function openDistantRedis(): Promise<DistantRedis> {
  let network: Network;
  try {
    network = await Network.make();
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split("\n", 1);
    return ProxiedRedis.start(`by a proxy that swallows, since there is no network to drop in (${reason})`);
  }
  return RemoteRedis.start(network);
}

class RemoteRedis implements DistantRedis {
  readonly how = "by DROP in a network namespace";
  readonly server: RedisServer;
  readonly #network: Network;

  private constructor(server: RedisServer, network: Network) {
    this.server = server;
    this.#network = network;
  }

  static async start(network: Network): Promise<RemoteRedis> {
    const site = { host: network.addresses[0] ?? "", command: network.command };
    const open = ["--bind", "0.0.0.0", "--protected-mode", "no"];
    return new RemoteRedis(await RedisServer.startAt(site, ...open), network);
  }

  get url(): string {
    return this.server.url;
  }

  urlOf(index: number): string {
    return `redis://${this.#addressOf(index)}:${this.server.port}`;
  }

  async swallow(_index: number, name: string): Promise<void> {
    const list = String(await this.server.ask((client) => client.client("LIST")));
    const own = list.split("\n").filter((line) => line.includes(`name=tidegate:${name}:`));
    await this.#network.dropConnections(own.map((line) => Number(/ addr=[\d.]+:(\d+)/.exec(line)?.[1])));
  }

  cut(index: number): Promise<void> {
    return this.#network.dropAddress(this.#addressOf(index));
  }

  heal(): Promise<void> {
    return this.#network.heal();
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.#network.remove();
  }

  #addressOf(index: number): string {
    const address = this.#network.addresses[index];
    if (address === undefined) throw new RangeError(`There is no address for node ${index}.`);
    return address;
  }
}

class ProxiedRedis implements DistantRedis {
  readonly how: string;
  readonly server: RedisServer;
  readonly #passages: readonly Passage[];

  private constructor(server: RedisServer, passages: readonly Passage[], how: string) {
    this.server = server;
    this.#passages = passages;
    this.how = how;
  }

  static async start(how: string): Promise<ProxiedRedis> {
    const server = await RedisServer.start();
    const passages = await Promise.all([0, 1, 2].map(() => Passage.start(server.port)));
    return new ProxiedRedis(server, passages, how);
  }

  get url(): string {
    return this.server.url;
  }

  urlOf(index: number): string {
    return this.#passages[index]?.url ?? this.url;
  }

  async swallow(index: number): Promise<void> {
    this.#passages[index]?.swallow();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#passages.map((passage) => passage.stop()));
    await this.server.stop();
  }
}
