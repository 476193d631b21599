/*
 * Chooses the backplane by the settings. `app/core.ts` calls it; no other room knows whether there is a Redis.
 */

import type { ConnectionOptions } from "node:tls";
import { parseRedisUrl } from "../config/redis-url.ts";
import type { Config } from "../config/schema.ts";
import type { Log } from "../log.ts";
import type { BackplaneMeter } from "../meter.ts";
import { createMemoryBackplane } from "./memory/backplane.ts";
import type { Backplane, BackplaneHost } from "./ports.ts";
import { createRedisBackplane, type RedisSettings } from "./redis/backplane.ts";
import type { TidingOptions } from "./tidings.ts";

type Settings = Pick<Config, "nodeId" | Extract<keyof Config, `redis${string}`>>;

export interface OpenOptions {
  config: Settings;
  /** @throws Error where a file of the settings cannot be read now */
  reread(): Settings;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  /** What hooks are told. */
  tidings: TidingOptions;
  log: Log;
  meter: BackplaneMeter;
  /** Unix milliseconds. */
  now(): number;
}

/** The place where this node meets the others: Redis, or its own memory where it is alone. */
export function openBackplane(
  host: BackplaneHost,
  { config, reread, tokenLifetime, tidings, log, meter, now }: OpenOptions,
): Backplane {
  const { nodeId: node } = config;
  if (config.redisUrl === "memory") return createMemoryBackplane(host, { now, tokenLifetime, tidings });
  const renew = () => placeOf(reread());
  return createRedisBackplane(host, { node, ...placeOf(config), renew, tokenLifetime, tidings, log, meter });
}

function placeOf(config: Settings): RedisSettings {
  return {
    url: config.redisUrl,
    username: config.redisUser,
    password: config.redisPassword,
    sentinelUsername: config.redisSentinelUser,
    sentinelPassword: config.redisSentinelPassword,
    keyPrefix: config.redisKeyPrefix,
    channelPrefix: config.redisChannelPrefix,
    pythonChannel: config.redisPythonChannel,
    // Where TLS comes from the URL alone, its options still count.
    tls: config.redisTls || parseRedisUrl(config.redisUrl)?.tls ? tlsOf(config) : undefined,
  };
}

function tlsOf(config: Settings): ConnectionOptions {
  const { redisTlsCa: ca, redisTlsCert: cert, redisTlsKey: key, redisTlsServerName: servername } = config;
  const given = Object.entries({ ca, cert, key, servername }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), rejectUnauthorized: config.redisTlsVerify };
}
