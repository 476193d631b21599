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

/** Pods and Redis for the load. */
export function plan(load: Load, costs: Costs, sizing: Sizing): Plan {
  const publications = load.connections * load.rate;
  const deliveries = publications * load.room;
  const forPlaces = Math.max(Math.ceil(load.connections / (sizing.capacity * sizing.share)), sizing.least);
  const { pods, cores } = settle(load, costs, sizing, forPlaces);
  const redis = publications * (costs.redisPublication + hearing(pods, load.room) * costs.redisNode);
  return {
    publications,
    deliveries,
    pods,
    boundBy: pods > forPlaces ? "CPU" : forPlaces > sizing.least ? "places" : "the least",
    cores,
    memory: sizing.base + (load.connections / pods) * costs.connectionBytes,
    redis,
    shards: Math.ceil(redis / sizing.share),
  };
}

/** The more pods, the more of them hear a message, which takes CPU and so may take more pods, up to one for each member. */
function settle(load: Load, costs: Costs, sizing: Sizing, from: number): Pick<Plan, "pods" | "cores"> {
  const cores = coresFor(load, costs, from);
  const pods = Math.max(from, Math.ceil(cores / sizing.share));
  return pods === from ? { pods, cores } : settle(load, costs, sizing, pods);
}

/** What all pods use of their cores. */
export function coresFor({ connections, rate, room }: Load, costs: Costs, pods: number): number {
  const each = costs.publication + hearing(pods, room) * costs.hearing + room * costs.delivery;
  return connections * rate * each;
}

/** How many of the nodes have at least one of the members, who are spread at random. */
export function hearing(nodes: number, members: number): number {
  return nodes * (1 - (1 - 1 / nodes) ** members);
}
