import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { quiet } from "../../contract/manners.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";

const patience = { timeout: 15_000, interval: 20 };
const ann = { user: "ann", connection: "c-ann", info: undefined };
const bob = { user: "bob", connection: "c-bob", info: undefined };

let server: RedisServer;
let node: TestNode;

beforeEach(async () => {
  server = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  node = await startNode(server, "node-a", { timings: hurry });
});

afterEach(async () => {
  await node.backplane.stop();
  await server.stop();
});

const users = async () => {
  const page = await node.backplane.presence.page("room", 10, undefined);
  return page.users.map(({ user }) => user);
};

/** Another server, with some of what this one had: a replica that takes over knows what had reached it. */
async function takeOver(lose: (users: string, records: string) => string[][]): Promise<void> {
  const base = "tidegate:channel:{room}:presence";
  await server.ask(async (client) => {
    for (const [command = "", ...args] of lose(`${base}:users`, `${base}:records`))
      await client.call(command, ...args);
  });
  await server.kill();
  await server.start();
}

it("a server that lacks who came last is told of them again", async () => {
  const { presence } = node.backplane;
  await presence.enter("room", ann, quiet);
  await presence.enter("room", bob, quiet);
  await takeOver((names, records) => [
    ["ZREM", names, "bob"],
    ["HDEL", records, "bob"],
  ]);
  await vi.waitFor(async () => expect(await users()).toEqual(["ann", "bob"]), patience);
});

it("a server that still has who left last is told of it again", async () => {
  const { presence } = node.backplane;
  await presence.enter("room", ann, quiet);
  await presence.enter("room", bob, quiet);
  const record = await server.ask((client) =>
    client.hgetBuffer("tidegate:channel:{room}:presence:records", "bob"),
  );
  await presence.leave("room", bob, quiet);
  await server.ask(async (client) => {
    await client.hset("tidegate:channel:{room}:presence:records", "bob", record ?? "");
    await client.zadd("tidegate:channel:{room}:presence:users", 0, "bob");
    await client.hincrby("tidegate:channel:{room}:presence:leases", await currentLease(), "1");
  });
  await takeOver(() => []);
  await vi.waitFor(async () => expect(await users()).toEqual(["ann"]), patience);
});

async function currentLease(): Promise<string> {
  const [lease = ""] = await server.ask((client) => client.zrange("tidegate:{nodes}:leases", "0", "-1"));
  return lease;
}
