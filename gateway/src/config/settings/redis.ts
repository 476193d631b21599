/*
 * How Redis is reached, alone, by Sentinel or as a Redis Cluster. Certificates are texts or files, for secrets that
 * are mounted.
 */

import { boolean, kind, text } from "../kinds.ts";
import { certificates, privateKey } from "../pem.ts";
import { parseRedisUrl } from "../redis-url.ts";
import { optional, setting } from "../setting.ts";

const url = kind("memory, or a redis://, rediss://, redis+sentinel:// or redis+cluster:// URL", (value) => {
  if (value === "memory" || parseRedisUrl(value)) return value;
  if (!/^redis[a-z+]*:\/\/.*@/.test(value)) return undefined;
  throw new Error("in a password write @ as %40, / as %2F, # as %23, or set TIDEGATE_REDIS_PASSWORD");
});

// A prefix with a brace would decide which slot of a Redis Cluster everything is in.
const prefix = kind("1 to 64 letters, digits, dots, underscores, colons or hyphens", (value) =>
  /^[A-Za-z0-9_.:-]{1,64}$/.test(value) ? value : undefined,
);

/** Where nodes meet, and how they get in there. */
export const redis = {
  redisUrl: setting(url, "memory", {
    env: "TIDEGATE_REDIS_URL",
    secret: true,
    about:
      "Where nodes meet; `memory` is one node with everything in its memory. In production it has to be set, since a forgotten one would split replicas silently. [REDIS](REDIS.md) has the forms.",
  }),
  redisUser: optional(text, {
    env: "TIDEGATE_REDIS_USER",
    about: "ACL user; it goes before one in the URL.",
  }),
  redisPassword: optional(text, {
    env: "TIDEGATE_REDIS_PASSWORD",
    secret: true,
    about: "Password of Redis; it goes before one in the URL.",
  }),
  redisSentinelUser: optional(text, {
    env: "TIDEGATE_REDIS_SENTINEL_USER",
    about: "ACL user of the Sentinels, which is another than that of Redis.",
  }),
  redisSentinelPassword: optional(text, {
    env: "TIDEGATE_REDIS_SENTINEL_PASSWORD",
    secret: true,
    about: "Password of the Sentinels.",
  }),
  redisKeyPrefix: setting(prefix, "tidegate:", {
    env: "TIDEGATE_REDIS_KEY_PREFIX",
    about: "What every key begins with. Gateways with different prefixes know nothing of each other.",
  }),
  redisChannelPrefix: setting(prefix, "socket.io", {
    env: "TIDEGATE_REDIS_CHANNEL_PREFIX",
    about:
      "What the pub/sub channels of rooms begin with; the `key` of Socket.IO emitters. It goes with the key prefix: change both.",
  }),
  redisPythonChannel: optional(prefix, {
    env: "TIDEGATE_REDIS_PYTHON_CHANNEL",
    about:
      "The pub/sub channel on which python-socketio's `RedisManager` emits, `socketio` unless set there; absent, its messages are not heard. Not with a Redis Cluster.",
  }),
  redisTls: optional(boolean, {
    env: "TIDEGATE_REDIS_TLS",
    about: "Whether Redis, and Sentinels, are spoken to over TLS; with `rediss://` they always are.",
  }),
  redisTlsCa: optional(certificates, {
    env: "TIDEGATE_REDIS_TLS_CA",
    fileable: true,
    about: "The authorities that are trusted, in place of the system's.",
  }),
  redisTlsCert: optional(certificates, {
    env: "TIDEGATE_REDIS_TLS_CERT",
    fileable: true,
    about: "The certificate that the gateway shows, with those between it and its authority.",
  }),
  redisTlsKey: optional(privateKey, {
    env: "TIDEGATE_REDIS_TLS_KEY",
    secret: true,
    about: "The key of that certificate.",
  }),
  redisTlsServerName: optional(text, {
    env: "TIDEGATE_REDIS_TLS_SERVER_NAME",
    about: "The name that the servers' certificates have to have, in place of the host that is connected to.",
  }),
  redisTlsVerify: setting(boolean, "true", {
    env: "TIDEGATE_REDIS_TLS_VERIFY",
    about: "`false` takes any certificate, and so anybody who stands between.",
  }),
};
