import type { RedisServer } from "../support/redis-server.ts";

/** What the nodes share: one Redis, a Sentinel trio, or a Redis Cluster. */
export interface Store {
  url: string;
  /** By what means it does what it does, where there are several. */
  how?: string;
  /** Thaws, heals and ends all of it. */
  stop(): Promise<void>;
}

/** Kills the connections of one kind, as an operator or a full output buffer does. */
export function killConnections(
  server: RedisServer,
  role: "subscriber" | "commands",
  of = "",
): Promise<void> {
  return server.ask(async (client) => {
    for (const line of String(await client.client("LIST")).split("\n")) {
      const id = /^id=(\d+) /.exec(line)?.[1];
      if (id && line.includes(`name=tidegate:${of}`) && line.includes(`:${role} `)) {
        await client.client("KILL", "ID", id);
      }
    }
  });
}
