import type { ConnectionOptions } from "node:tls";
import { parseRedisUrl } from "../config/redis-url.ts";
import type { Config } from "../config/schema.ts";
import type { Log } from "../log.ts";
import type { ClusterMeter } from "../meter.ts";
import { createMemoryCluster } from "./memory/cluster.ts";
import type { Cluster, ClusterHost } from "./ports.ts";
import { createRedisCluster } from "./redis/cluster.ts";
import type { Place } from "./redis/place.ts";

type Settings = Pick<Config, "nodeId" | "tokenMaxLifetime" | Extract<keyof Config, `redis${string}`>>;

export interface OpenOptions {
  config: Settings;
  log: Log;
  meter: ClusterMeter;
  /** Unix milliseconds. */
  now(): number;
}

/** The place where this node meets the others: Redis, or its own memory where it is alone. */
export function openCluster(host: ClusterHost, { config, log, meter, now }: OpenOptions): Promise<Cluster> {
  const { nodeId: node, tokenMaxLifetime } = config;
  if (config.redisUrl === "memory") {
    return Promise.resolve(createMemoryCluster(host, { now, tokenMaxLifetime }));
  }
  return createRedisCluster(host, { node, ...placeOf(config), tokenMaxLifetime, log, meter });
}

function placeOf(config: Settings): Place {
  return {
    url: config.redisUrl,
    username: config.redisUser,
    password: config.redisPassword,
    sentinelUsername: config.redisSentinelUser,
    sentinelPassword: config.redisSentinelPassword,
    keyPrefix: config.redisKeyPrefix,
    channelPrefix: config.redisChannelPrefix,
    // Where TLS comes from the URL alone, its options still count.
    tls: config.redisTls || parseRedisUrl(config.redisUrl)?.tls ? tlsOf(config) : undefined,
  };
}

function tlsOf(config: Settings): ConnectionOptions {
  const { redisTlsCa: ca, redisTlsCert: cert, redisTlsKey: key, redisTlsServerName: servername } = config;
  const given = Object.entries({ ca, cert, key, servername }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), rejectUnauthorized: config.redisTlsVerify };
}
