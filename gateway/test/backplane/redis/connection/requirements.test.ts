import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RedisConnection } from "../../../../src/backplane/redis/connection/redis-connection.ts";
import { checkRequirements } from "../../../../src/backplane/redis/connection/requirements.ts";
import { createLog } from "../../../../src/log.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { startNode } from "../harness.ts";

/** What a node says as it starts on a server with these options. */
async function startOn(...options: string[]): Promise<string[]> {
  const server = await RedisServer.start(...options);
  const messages: string[] = [];
  const write = (line: string) => void messages.push((JSON.parse(line) as { msg: string }).msg);
  const node = await startNode(server, "node-a", { log: createLog("info", "node-a", { write }) });
  await node.backplane.stop();
  await server.stop();
  return messages;
}

describe("a node that starts", () => {
  it("says nothing of a server that is as it should be", async () => {
    expect(await startOn()).toEqual([]);
  });

  it("warns of a server that evicts", async () => {
    expect(await startOn("--maxmemory-policy", "allkeys-lru")).toEqual([
      "Redis may evict history and presence; set maxmemory-policy to noeviction.",
    ]);
  });

  it("warns of a server that forgets who it was, once its replicas are away", async () => {
    expect(await startOn("--repl-backlog-ttl", "3600")).toEqual([
      "repl-backlog-ttl is 3600 s: without a replica for that long positions reset and clients reload; set it to 0.",
    ]);
  });

  it("warns of both", async () => {
    expect(await startOn("--maxmemory-policy", "volatile-ttl", "--repl-backlog-ttl", "60")).toHaveLength(2);
  });
});

describe("a database that Redis does not give", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const startOnDatabase = (url: string) => startNode({ url }, "node-a");

  it("ends the start, rather than that the node lives in another one", async () => {
    await expect(startOnDatabase(`${server.url}/99`)).rejects.toMatchObject({
      code: "internal",
      message: "Redis does not give database 99 of TIDEGATE_REDIS_URL: there are not as many.",
    });
    expect(await server.ask((client) => client.dbsize())).toBe(0);
  });

  it("ends it also where the user may not choose one", async () => {
    const rights = ["on", ">secret", "~*", "&*", "+@all", "-select"];
    await server.ask((client) => client.acl("SETUSER", "tied", ...rights));
    await expect(startOnDatabase(`${server.url.replace("//", "//tied:secret@")}/3`)).rejects.toThrow(
      "Redis does not give database 3 of TIDEGATE_REDIS_URL: its user may not SELECT one.",
    );
  });

  it("is not one of those that it has", async () => {
    const { backplane } = await startOnDatabase(`${server.url}/3`);
    expect(await server.ask((client) => client.dbsize())).toBe(0);
    expect(await server.ask((client) => client.info("keyspace"))).toContain("db3:");
    await backplane.stop();
  });
});

describe("a server's version", () => {
  const check = (version: string, sharded: boolean) => {
    const client = { info: async () => `redis_version:${version}\r\n`, config: async () => [] };
    // A server of another version cannot be started here.
    const redis = {
      call: (send: (one: typeof client) => unknown) => send(client),
    } as unknown as RedisConnection;
    return checkRequirements({ redis, sharded, tryOut: async () => {}, log: createLog("silent", "node-a") });
  };

  it.each(["6.2.0", "6.10.1", "7.0.15", "10.1.0"])("may be %s", async (version) => {
    await expect(check(version, false)).resolves.toBeUndefined();
  });

  it.each(["6.0.20", "5.9.9", "unknown"])("may not be %s", async (version) => {
    await expect(check(version, false)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(/^Redis 6\.2 or later is needed; this one is /),
    });
  });

  it("is 7.0 or later in a Redis Cluster, for its sharded pub/sub", async () => {
    await expect(check("7.0.0", true)).resolves.toBeUndefined();
    await expect(check("6.2.14", true)).rejects.toThrow("Redis 7.0 or later is needed; this one is 6.2.14.");
  });
});
