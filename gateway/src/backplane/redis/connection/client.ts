/*
 * Owns how an ioredis client is made: its options, and the forms that a URL of Redis may have. The wiring makes every
 * connection through it. The options switch off whatever the client would queue or send again by itself: with them on,
 * a publication that was answered as failed could still appear, a minute later or twice.
 */

import type { ConnectionOptions } from "node:tls";
import { Redis, type RedisOptions } from "ioredis";
import { parseRedisUrl, type RedisUrl } from "../../../config/redis-url.ts";
import { CalmConnector, CalmSentinelConnector, PrimaryConnector } from "./connectors.ts";
import { errorCodeOf } from "./error-code.ts";

/** How Redis is reached. */
export interface RedisAddress {
  /** In one of the forms that `parseRedisUrl` reads. */
  url: string;
  /** These two take precedence over those in the URL. */
  username?: string | undefined;
  password?: string | undefined;
  sentinelUsername?: string | undefined;
  sentinelPassword?: string | undefined;
  /** Options of TLS; `rediss://` alone uses the system's authorities. */
  tls?: ConnectionOptions | undefined;
  /**
   * The same as it is now, asked before each connect: passwords and certificates are replaced while a node runs.
   *
   * @throws Error where it cannot be told; the last one is used then
   */
  renew?: (() => RedisAddress) | undefined;
}

/** Codes of errors that a replica alone has: the address may lead to the primary by now. */
const replicaCodes = new Set<string | undefined>(["READONLY", "MASTERDOWN"]);

/**
 * Options under which a call fails at once where nothing listens, and a lost connection is back within a
 * second of the server. Nothing is kept for a later connection: it would be late, unbounded, or sent twice.
 */
const clientOptions: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 1,
  connectTimeout: 2_000,
  disconnectTimeout: 500,
  keepAlive: 5_000,
  retryStrategy: (attempt) => Math.min(attempt * 50, 500) + Math.random() * 100,
  reconnectOnError: (error) => replicaCodes.has(errorCodeOf(error)),
};

const sentinelOptions: RedisOptions = {
  failoverDetector: true,
  sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, 500),
  sentinelReconnectStrategy: () => 1_000,
  sentinelCommandTimeout: 1_000,
};

/**
 * @param connectionName shown by CLIENT LIST
 * @param server `host:port` of one server of a cluster
 * @throws TypeError where the URL is not of a form that is known
 */
export function createClient(address: RedisAddress, connectionName: string, server?: string): Redis {
  const options = {
    ...clientOptions,
    ...optionsOf(address, server),
    connectionName,
    replyMapping: "legacy" as const,
  };
  const { renew } = address;
  return renew
    ? new RenewedRedis(options, () => credentialsIn(optionsOf(renew(), server)))
    : new Redis(options);
}

/** Reads who it is before each connect. The client and its connector look into the same options. */
class RenewedRedis extends Redis {
  readonly #renew: () => RedisOptions;

  /** @param renew the options that may have changed */
  constructor(options: RedisOptions & { replyMapping: "legacy" }, renew: () => RedisOptions) {
    super(options);
    this.#renew = renew;
  }

  override connect(callback?: () => void): Promise<void> {
    try {
      Object.assign(this.options, this.#renew());
    } catch (error) {
      this.emit("error", error);
    }
    return super.connect(callback);
  }
}

/** What of the options says who connects. */
function credentialsIn(options: RedisOptions): RedisOptions {
  const { username, password, tls, sentinelUsername, sentinelPassword, sentinelTLS } = options;
  const all = { username, password, tls, sentinelUsername, sentinelPassword, sentinelTLS };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function optionsOf(address: RedisAddress, server?: string): RedisOptions {
  const { tls, sentinelUsername, sentinelPassword } = address;
  const url = partsOf(server === undefined ? address.url : `redis://${server}`);
  const record = partsOf(address.url);
  const username = address.username ?? record.user;
  const password = address.password ?? record.password;
  const secure = tls ?? (record.tls ? {} : undefined);
  const options: RedisOptions = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(secure ? { tls: secure } : {}),
    db: url.database,
  };
  const [{ host, port = 6_379 }] = url.hosts;
  // In a cluster replicas are welcome: they know where its slots are, as its primaries do.
  const Connector = server === undefined ? PrimaryConnector : CalmConnector;
  if (url.kind !== "sentinel") return { ...options, host, port, Connector };
  return {
    ...options,
    ...sentinelOptions,
    Connector: CalmSentinelConnector,
    name: url.primary,
    sentinels: url.hosts.map((one) => ({ host: one.host, port: one.port ?? 26_379 })),
    ...(sentinelUsername ? { sentinelUsername } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
    ...(secure ? { enableTLSForSentinelMode: true, sentinelTLS: secure } : {}),
  };
}

/** @returns `host:port` of each server that the URL of a cluster names, or undefined where it names none */
export function clusterSeeds(address: Pick<RedisAddress, "url">): string[] | undefined {
  const { kind, hosts } = partsOf(address.url);
  if (kind !== "cluster") return undefined;
  return hosts.map(({ host, port = 6_379 }) => serverName(host, port));
}

/** `host:port`, as in a URL. */
export function serverName(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The message must not show the URL: its password may be what is wrong with it. */
function partsOf(text: string): RedisUrl {
  const url = parseRedisUrl(text);
  if (!url) throw new TypeError("The Redis URL has another form.");
  return url;
}
