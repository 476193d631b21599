import type { Config } from "../config/schema.ts";
import type { Log } from "../log.ts";
import { createMemoryCluster } from "./memory/cluster.ts";
import type { Cluster, ClusterHost } from "./ports.ts";
import { createRedisCluster } from "./redis/cluster.ts";

export interface OpenOptions {
  config: Pick<Config, "redisUrl" | "nodeId" | "tokenMaxLifetime">;
  log: Log;
  /** Unix milliseconds. */
  now(): number;
}

/** The place where this node meets the others: Redis, or its own memory where it is alone. */
export function openCluster(host: ClusterHost, { config, log, now }: OpenOptions): Promise<Cluster> {
  const { redisUrl: url, nodeId: node, tokenMaxLifetime } = config;
  if (url === "memory") return Promise.resolve(createMemoryCluster(host, { now, tokenMaxLifetime }));
  return createRedisCluster(host, { node, url, tokenMaxLifetime, log });
}
