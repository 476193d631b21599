/*
 * Decides whether this Redis will do, and warns of settings that lose data. FirstContact calls it until it passes.
 * Without it a Redis that is too old, or a user without rights, would be reported by the first request that needs it
 * instead of at the start.
 */

import { ReplyError } from "ioredis";
import { Failure } from "../../../errors.ts";
import type { Log } from "../../../log.ts";
import { errorCodeOf } from "./error-code.ts";
import type { RedisConnection } from "./redis-connection.ts";

export interface RequirementsOptions {
  redis: Pick<RedisConnection, "call">;
  /** Whether it is a Redis Cluster, whose sharded pub/sub came later than the rest. */
  sharded: boolean;
  /**
   * Does what the node needs rights for.
   *
   * @throws Failure `unavailable`
   */
  tryOut(): Promise<void>;
  log: Log;
}

/**
 * Checks what the nodes rely on in Redis: its version, the node's rights, and two settings that it only warns of.
 *
 * @throws Failure `internal` where this Redis cannot do it, `unavailable`
 */
export async function checkRequirements({ redis, sharded, tryOut, log }: RequirementsOptions): Promise<void> {
  const info = await redis.call((client) => client.info());
  checkVersion(/^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown", sharded ? [7, 0] : [6, 2]);
  await checkDatabase(redis);
  await tryOut();
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    log.write("redis_evicts", { policy });
  }
  const ttl = await backlogTtl(redis);
  if (ttl !== undefined && ttl !== "0") {
    log.write("redis_backlog_ttl", { ttl });
  }
}

function checkVersion(version: string, [lowestMajor, lowestMinor]: readonly [number, number]): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return;
  const lowest = `${lowestMajor}.${lowestMinor}`;
  throw new Failure("internal", `Redis ${lowest} or later is needed; this one is ${version}.`);
}

/** The client's own SELECT fails without a word: whoever wanted another database would share the first one. */
async function checkDatabase(redis: Pick<RedisConnection, "call">): Promise<void> {
  const refusal = await redis.call(async (client) => {
    const { db: database } = client.options ?? {};
    if (!database) return undefined;
    return client.select(database).then(
      () => undefined,
      (error: unknown) => ({ database, error }),
    );
  });
  if (!refusal) return;
  const { database, error } = refusal;
  if (!(error instanceof ReplyError)) throw new Failure("unavailable", undefined, { cause: error });
  const why = errorCodeOf(error) === "NOPERM" ? "its user may not SELECT one" : "there are not as many";
  throw new Failure("internal", `Redis does not give database ${database} of TIDEGATE_REDIS_URL: ${why}.`);
}

/** @returns undefined where it may not be asked */
async function backlogTtl(redis: Pick<RedisConnection, "call">): Promise<string | undefined> {
  try {
    return await redis.call(async (client) => {
      const reply = await client.config("GET", "repl-backlog-ttl").catch(() => []);
      return Array.isArray(reply) ? reply[1] : undefined;
    });
  } catch {
    return undefined;
  }
}
