import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { draft, lasting } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode } from "./harness.ts";

/** What a node needs to be allowed; the commands within scripts count. */
const commands = [
  "hello auth client|setname client|setinfo info script|load evalsha eval cluster|slots",
  "publish spublish subscribe unsubscribe ssubscribe sunsubscribe",
  "time del get set pexpire pexpireat hget hmget hset hdel hincrby hkeys hscan",
  "xadd xrange xrevrange xtrim sadd srem srandmember",
  "zadd zrem zcard zscore zrange zrangebylex zrangebyscore zremrangebyscore",
].flatMap((line) => line.split(" "));

const places = ["resetkeys", "~tidegate:*", "resetchannels", "&tidegate:*", "&socket.io#*"];
const patience = { timeout: 15_000, interval: 20 };

describe("a user with the least rights", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
    await server.ask(async (client) => {
      const known = await Promise.all(
        commands.map(async (command) => {
          const [info] = (await client.call("COMMAND", "INFO", command)) as unknown[];
          return info === null ? [] : [`+${command}`];
        }),
      );
      await client.acl("SETUSER", "tidegate", "on", ">word", ...places, "-@all", ...known.flat());
    });
  });
  afterAll(() => server.stop());

  it("can do everything that a node does", async () => {
    const credentials = { pace: hurry, username: "tidegate", password: "word" };
    const node = await startNode(server, "node-a", credentials);
    const other = await startNode(server, "node-b", credentials);
    const { broker, presence, control, revocations } = node.cluster;
    const brief = { size: 2, ttl: 50 };
    await broker.subscribe("room", lasting);
    await presence.enter("room", { user: "ann", connection: "a" }, true);
    await other.cluster.presence.enter("room", { user: "bob", connection: "b" }, true);
    for (const retention of [lasting, brief, brief, undefined]) {
      await broker.publish(draft("room", 1, { retention, idempotencyKey: String(retention?.size) }));
    }
    for (const from of ["top", "start", "newest"] as const) {
      await broker.read([{ channel: "room", retention: brief, from }], {
        messages: 1,
        bytes: 9,
        attachments: 0,
      });
    }
    await broker.clear("room", lasting);
    await revocations.revoke("ann", Math.floor(Date.now() / 1_000));
    expect(await revocations.revokedBefore("ann")).toBeTypeOf("number");
    await vi.waitFor(async () => {
      const { unreached } = await control.send({ kind: "connections", user: "ann" });
      expect(unreached).toEqual([]);
      expect(await control.nodes()).toHaveLength(2);
    }, patience);
    await presence.setAway("room", { user: "ann", connection: "a" }, true, true);
    await other.cluster.stop();
    expect((await presence.page("room", 10, undefined)).users).toEqual([
      { user: "ann", state: "away", connections: 1 },
    ]);
    broker.unsubscribe("room");
    await node.cluster.stop();
    const refused = (await server.ask((client) => client.acl("LOG"))) as unknown[];
    expect(refused.map(String).filter((entry) => !entry.includes("config"))).toEqual([]);
  });
});
