import { Failure } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { HomeLine } from "./shards.ts";

const lowest: readonly [major: number, minor: number] = [6, 2];

/**
 * Checks what the cluster relies on in Redis.
 *
 * @throws Failure `internal` where this Redis cannot do it, `unavailable`
 */
export async function checkConditions(line: HomeLine, log: Log): Promise<void> {
  const info = await line.call((client) => client.info());
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major < lowest[0] || (major === lowest[0] && minor < lowest[1])) {
    throw new Failure(
      "internal",
      `Redis ${lowest.join(".")} or later is needed; this one is ${major}.${minor}.`,
    );
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    log.warn({ policy }, "Redis may evict history and presence; set maxmemory-policy to noeviction.");
  }
  const ttl = await backlogTtl(line);
  if (ttl !== undefined && ttl !== "0") {
    log.warn(
      { ttl },
      "A Redis whose replicas are away for so long has clients reload; set repl-backlog-ttl to 0.",
    );
  }
}

/** @returns undefined where it may not be asked */
async function backlogTtl(line: HomeLine): Promise<string | undefined> {
  try {
    return await line.call(async (client) => {
      const reply = await client.config("GET", "repl-backlog-ttl").catch(() => []);
      return Array.isArray(reply) ? reply[1] : undefined;
    });
  } catch {
    return undefined;
  }
}
