/*
 * Settings of Redis that are each valid and do not go together. `load.ts` asks at the start; found later, they would
 * be errors of a connection that name no setting.
 */

import { areOnePair } from "./pem.ts";
import { parseRedisUrl, type RedisUrl } from "./redis-url.ts";
import type { Config, settings } from "./schema.ts";
import { redis } from "./settings/redis.ts";

type Key = keyof typeof settings;
type RedisKey = keyof typeof redis;
type IsGiven = (key: Key) => boolean;

const tlsKeys: readonly RedisKey[] = ["redisTlsCa", "redisTlsCert", "redisTlsKey", "redisTlsServerName"];

/**
 * Settings of Redis that do not go together.
 *
 * @param isGiven whether something was written for the setting, be it valid or not
 */
export function* redisFaults(config: Partial<Config>, isGiven: IsGiven): Generator<string> {
  // A URL that is faulty itself says nothing of what goes with it.
  if (config.redisUrl === undefined) return;
  const url = parseRedisUrl(config.redisUrl);
  if (!url) {
    yield* withoutUse(Object.keys(redis) as RedisKey[], isGiven, "TIDEGATE_REDIS_URL is memory");
    return;
  }
  yield* userFaults(url, isGiven);
  yield* tlsFaults(url, config, isGiven);
}

function* userFaults(url: RedisUrl, isGiven: IsGiven): Generator<string> {
  const hasUser = isGiven("redisUser") || url.user !== undefined;
  if (hasUser && !isGiven("redisPassword") && url.password === undefined) {
    yield "a user of Redis without a password: set TIDEGATE_REDIS_PASSWORD";
  }
  if (url.kind !== "sentinel") {
    const keys: RedisKey[] = ["redisSentinelUser", "redisSentinelPassword"];
    yield* withoutUse(keys, isGiven, "TIDEGATE_REDIS_URL names no Sentinels");
  } else if (isGiven("redisSentinelUser") && !isGiven("redisSentinelPassword")) {
    yield "TIDEGATE_REDIS_SENTINEL_USER has no password: set TIDEGATE_REDIS_SENTINEL_PASSWORD";
  }
}

function* tlsFaults(url: RedisUrl, config: Partial<Config>, isGiven: IsGiven): Generator<string> {
  if (url.tls && config.redisTls === false)
    yield "TIDEGATE_REDIS_TLS is false, and TIDEGATE_REDIS_URL says rediss";
  if (!url.tls && !isGiven("redisTls")) {
    const keys: RedisKey[] = [...tlsKeys, "redisTlsVerify"];
    yield* withoutUse(keys, isGiven, "there is no TLS: set TIDEGATE_REDIS_TLS to true");
  }
  const { redisTlsCert: cert, redisTlsKey: key } = config;
  if (isGiven("redisTlsCert") !== isGiven("redisTlsKey")) {
    yield "TIDEGATE_REDIS_TLS_CERT and TIDEGATE_REDIS_TLS_KEY go together; one of them is set";
  } else if (cert !== undefined && key !== undefined && !areOnePair({ cert, key })) {
    yield "TIDEGATE_REDIS_TLS_KEY is not the key of TIDEGATE_REDIS_TLS_CERT";
  }
}

function* withoutUse(keys: readonly RedisKey[], isGiven: IsGiven, why: string): Generator<string> {
  for (const key of keys) {
    if (key !== "redisUrl" && isGiven(key)) yield `${redis[key].env} is set, but ${why}`;
  }
}
