import { RedisServer } from "../../../gateway/test/support/redis-server.ts";
import { Balancer, type BalancerKind } from "./balancer.ts";
import { Node } from "./node.ts";
import { Publishers } from "./publishers.ts";
import { type Return, Traveller } from "./traveller.ts";

const channels = 40;
const nodeCount = 3;

export interface FleetOptions {
  kind: BalancerKind;
  clients: number;
  /** Milliseconds. */
  drainWindow: number;
}

/** Three gateways on one Redis behind a balancer, with clients and publishers. */
export class Fleet {
  readonly nodes: readonly Node[];
  readonly balancer: Balancer;
  readonly travellers: readonly Traveller[];
  readonly publishers: Publishers;
  readonly #redis: RedisServer;

  private constructor(redis: RedisServer, nodes: readonly Node[], balancer: Balancer, clients: number) {
    this.#redis = redis;
    this.nodes = nodes;
    this.balancer = balancer;
    this.travellers = Array.from(
      { length: clients },
      (_, index) => new Traveller(balancer.port, `user-${index}`, `room:${index % channels}`),
    );
    this.publishers = new Publishers(balancer.apiPort, this.travellers);
  }

  static async start({ kind, clients, drainWindow }: FleetOptions): Promise<Fleet> {
    const redis = await RedisServer.start();
    const nodes: Node[] = [];
    for (let index = 0; index < nodeCount; index += 1) nodes.push(await Node.make(redis.url, drainWindow));
    await Promise.all(nodes.map((node) => node.start()));
    const fleet = new Fleet(redis, nodes, await Balancer.start(kind, nodes), clients);
    for (const traveller of fleet.travellers) traveller.connect();
    return fleet;
  }

  get online(): number {
    return this.travellers.filter(({ online }) => online).length;
  }

  /** Clients that have all that was acknowledged on their channel. */
  get upToDate(): number {
    const { tops } = this.publishers;
    return this.travellers.filter(
      ({ online, channel, position }) => online && position === (tops.get(channel) ?? position),
    ).length;
  }

  /** How clients came back, from a time on, in their order. */
  returnsSince(time: number): Return[] {
    const all = this.travellers.flatMap(({ returns }) => returns.filter(({ welcome }) => welcome >= time));
    return all.sort((a, b) => a.welcome - b.welcome);
  }

  total(figure: "lost" | "doubled" | "received"): number {
    return this.travellers.reduce((sum, traveller) => sum + traveller[figure], 0);
  }

  async stop(): Promise<void> {
    this.publishers.end();
    for (const traveller of this.travellers) traveller.stop();
    await Promise.all(this.nodes.map((node) => node.end("SIGKILL")));
    await this.balancer.stop();
    await this.#redis.stop();
  }
}

/** The most of these times that fall within one second. */
export function peak(times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [last, time] of times.entries()) {
    while ((times[first] ?? time) <= time - 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
