import type { Costs } from "./costs.ts";

/** What the clients do. */
export interface Load {
  connections: number;
  /** Messages that each connection publishes a second. */
  rate: number;
  /** Members of the room that a message goes to. */
  room: number;
}

/** How nodes are run. */
export interface Sizing {
  /** Connections that a node is sized for (`TIDEGATE_CAPACITY`). */
  capacity: number;
  /** Share of a node's places, of its one event loop and of a Redis that is used on an ordinary day. */
  share: number;
  /** Nodes below which the loss of one is too much. */
  least: number;
  /** Resident bytes of a node without connections. */
  base: number;
}

export interface Plan {
  publications: number;
  deliveries: number;
  pods: number;
  boundBy: "places" | "CPU" | "the least";
  /** Cores that all pods use. */
  cores: number;
  /** Bytes that a pod uses. */
  memory: number;
  /** Cores of Redis, all shards together. */
  redis: number;
  shards: number;
}

/** Pods and Redis for the load. The more pods, the more of them hear a message, so Redis is reckoned last. */
export function plan(load: Load, costs: Costs, sizing: Sizing): Plan {
  const publications = load.connections * load.rate;
  const deliveries = publications * load.room;
  const cores = publications * costs.publication + deliveries * costs.delivery;
  const forPlaces = Math.ceil(load.connections / (sizing.capacity * sizing.share));
  const forCpu = Math.ceil(cores / sizing.share);
  const pods = Math.max(forPlaces, forCpu, sizing.least);
  const redis = publications * (costs.redisPublication + hearing(pods, load.room) * costs.redisNode);
  return {
    publications,
    deliveries,
    pods,
    boundBy: pods === forPlaces ? "places" : pods === forCpu ? "CPU" : "the least",
    cores,
    memory: sizing.base + (load.connections / pods) * costs.connectionBytes,
    redis,
    shards: Math.ceil(redis / sizing.share),
  };
}

/** How many of the nodes have at least one of the members, who are spread at random. */
export function hearing(nodes: number, members: number): number {
  return nodes * (1 - (1 - 1 / nodes) ** members);
}
