import type { ConnectionOptions } from "node:tls";
import { Redis, type RedisOptions } from "ioredis";

/** How Redis is reached. */
export interface RedisAddress {
  /**
   * `redis://` or `rediss://` with `[user:password@]host[:port][/db]`, or
   * `redis+sentinel://[user:password@]host[:port],…/name[/db]`, or
   * `redis+cluster://[user:password@]host:port,…`.
   */
  url: string;
  /** These two take precedence over those in the URL. */
  username?: string | undefined;
  password?: string | undefined;
  sentinelUsername?: string | undefined;
  sentinelPassword?: string | undefined;
  /** Options of TLS; `rediss://` alone uses the system's authorities. */
  tls?: ConnectionOptions | undefined;
}

/**
 * Options under which a call fails at once where nothing listens, and a lost connection is back within a
 * second of the server. Nothing is kept for a later connection: it would be late, unbounded, or sent twice.
 */
const behaviour: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  disconnectTimeout: 500,
  keepAlive: 5_000,
  retryStrategy: (attempt) => Math.min(attempt * 50, 500) + Math.random() * 100,
  reconnectOnError: (error) => error.message.startsWith("READONLY"),
};

const sentinelBehaviour: RedisOptions = {
  failoverDetector: true,
  sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, 500),
  sentinelReconnectStrategy: () => 1_000,
  sentinelCommandTimeout: 1_000,
};

/**
 * @param connectionName shown by CLIENT LIST
 * @param server `host:port` of one server of a cluster
 * @throws TypeError where the URL is not of one of the forms above
 */
export function createClient(address: RedisAddress, connectionName: string, server?: string): Redis {
  return new Redis({ ...behaviour, ...optionsOf(address, server), connectionName, replyMapping: "legacy" });
}

function optionsOf(address: RedisAddress, server?: string): RedisOptions {
  const { url, tls, sentinelUsername, sentinelPassword } = address;
  const { scheme, credentials, hosts, path } = partsOf(url);
  const [user, password] = (credentials ?? "").split(":").map(decodeURIComponent);
  const nodes = (server ?? hosts).split(",").map(hostOf);
  const username = address.username ?? user;
  const secret = address.password ?? password;
  const secure = tls ?? (scheme === "rediss" ? {} : undefined);
  const options: RedisOptions = {
    ...(username ? { username } : {}),
    ...(secret ? { password: secret } : {}),
    ...(secure ? { tls: secure } : {}),
  };
  const names = path.split("/").filter((part) => part !== "");
  if (scheme !== "redis+sentinel") return { ...options, ...endpoint(nodes), db: Number(names[0] ?? 0) };
  return {
    ...options,
    ...sentinelBehaviour,
    name: names[0] ?? "mymaster",
    db: Number(names[1] ?? 0),
    sentinels: nodes.map(({ host, port = 26_379 }) => ({ host, port })),
    ...(sentinelUsername ? { sentinelUsername } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
    ...(secure ? { enableTLSForSentinelMode: true, sentinelTLS: secure } : {}),
  };
}

/** @returns `host:port` of each server that the URL of a cluster names, or undefined where it names none */
export function clusterSeeds({ url }: RedisAddress): string[] | undefined {
  const { scheme, hosts } = partsOf(url);
  return scheme === "redis+cluster" ? hosts.split(",") : undefined;
}

function partsOf(url: string) {
  const [, scheme = "", credentials, hosts = "", path = ""] = urlForm.exec(url) ?? [];
  if (!schemes.includes(scheme)) throw new TypeError("The Redis URL has another form.");
  return { scheme, credentials, hosts, path };
}

const schemes = ["redis", "rediss", "redis+sentinel", "redis+cluster"];
const urlForm = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/?]+)(\/[^?]*)?$/;

interface Host {
  host: string;
  port?: number;
}

function hostOf(text: string): Host {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new TypeError("The Redis URL has a host of another form.");
  return port === undefined ? { host } : { host, port: Number(port) };
}

function endpoint([first]: readonly Host[]): Host {
  if (!first) throw new TypeError("The Redis URL has no host.");
  return { port: 6_379, ...first };
}
