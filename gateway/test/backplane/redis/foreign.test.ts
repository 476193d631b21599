import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keys } from "../../../src/backplane/redis/keys.ts";
import { type BackplaneMeter, noMeter } from "../../../src/meter.ts";
import { lasting } from "../../contract/harness.ts";
import { told } from "../../contract/manners.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";

const patience = { timeout: 15_000, interval: 20 };
const keys = new Keys("tidegate:", "socket.io", false);
const command = { kind: "connections", user: "ann" } as const;

let server: RedisServer;
let nodes: TestNode[];
/** What the first node has counted. */
let malformed: number;

beforeEach(async () => {
  malformed = 0;
  const count = () => {
    malformed += 1;
  };
  const meter: BackplaneMeter = { ...noMeter, malformed: count };
  server = await RedisServer.start();
  nodes = [
    await startNode(server, "node-a", { timings: hurry, meter }),
    await startNode(server, "node-b", { timings: hurry }),
  ];
  await vi.waitFor(async () => {
    for (const { backplane } of nodes) {
      expect(await backplane.control.nodes()).toHaveLength(2);
      expect((await backplane.control.send(command)).unreached).toEqual([]);
    }
  }, patience);
});

afterEach(async () => {
  await Promise.all(nodes.map(({ backplane }) => backplane.stop()));
  await server.stop();
});

function first(): TestNode {
  const [node] = nodes;
  if (!node) throw new Error("There are two nodes.");
  return node;
}

/** Publishes what no node would, and waits until the first node has dropped all of it. */
async function expectDropped(name: string, messages: readonly (string | Buffer)[]): Promise<void> {
  const before = malformed;
  await server.ask(async (client) => {
    for (const message of messages) expect(await client.publish(name, message)).toBeGreaterThan(0);
  });
  await vi.waitFor(() => expect(malformed - before).toBe(messages.length), patience);
}

const deep = "[".repeat(300) + "]".repeat(300);
const nothing = ["", "{", "null", "[]", "1", '"x"', deep, "\xff\xfe", `${" ".repeat(8 * 1024 * 1024)}{}`];

describe("what others publish", { timeout: 60_000 }, () => {
  it("on a room is counted and dropped where it is broken", async () => {
    await first().backplane.broker.subscribe("room", lasting);
    const broken = [
      "\x01",
      "\x01x\n",
      "\x01\n\0\0\0\x09",
      "\x01a:1\n\xff\xff\xff\xff",
      "\x01\n\0\0\0\x01\0\0\xff\0",
      "",
    ];
    await expectDropped(
      keys.room("room"),
      broken.map((message) => Buffer.from(message, "latin1")),
    );
    expect(first().deliveries).toEqual([]);
  });

  it("where commands are heard is counted and dropped, and commands go on", async () => {
    const order = (part: object) => JSON.stringify({ id: "1", from: "x", command, ...part });
    await expectDropped(keys.commands(), [
      ...nothing,
      order({ id: 1 }),
      order({ from: undefined }),
      order({ command: { kind: "revoke", user: "ann" } }),
      order({ command: { kind: 1 } }),
      order({ command: { kind: "disconnect", target: {}, reconnect: true } }),
      `{"id":"1","from":"x","command":{"kind":"connections","user":${deep}}}`,
    ]);
    expect((await first().backplane.control.send(command)).unreached).toEqual([]);
  });

  it("where replies are heard is counted and dropped, and replies are heard", async () => {
    const [mine = ""] = await server.ask(async (client) =>
      (await client.pubsub("CHANNELS", "*:replies:node-a:*")).map(String),
    );
    const connection = { ...command, connection: "c", node: "n", since: 1, address: "", agent: "" };
    const report = (connections: unknown) => JSON.stringify({ id: "1", from: "x", connections });
    await expectDropped(mine, [
      ...nothing,
      report(undefined),
      report({}),
      report([{ ...connection, state: "asleep" }]),
      report(Array.from({ length: 100_000 }, () => 1)),
      `{"id":"1","from":"x","connections":[${deep}]}`,
    ]);
    expect((await first().backplane.control.send(command)).unreached).toEqual([]);
  });
});

describe("what others write beside the leases", () => {
  it.each([
    "{",
    "null",
    "{}",
    '{"address":1,"info":{}}',
    '{"address":"x","info":{"node":"n","version":"","uptime":"long"}}',
    `{"address":"x","info":${deep}}`,
  ])("is counted, and the node is known by its lease: %#", async (said) => {
    const [ends, infos] = keys.leases();
    await server.ask(async (client) => {
      await client.hset(infos, "stranger.0", said);
      await client.zadd(ends, Date.now() + 60_000, "stranger.0");
    });
    const known = await first().backplane.control.nodes();
    expect(known.map(({ node }) => node).sort()).toEqual(["node-a", "node-b", "stranger"]);
    expect(malformed).toBeGreaterThan(0);
    const { presence } = first().backplane;
    await presence.enter("room", { user: "ann", connection: "a" }, told);
    expect(await presence.page("room", 10, undefined)).toMatchObject({ total: 1 });
    const later = malformed;
    await vi.waitFor(() => expect(malformed).toBeGreaterThan(later), patience);
    expect(first().backplane.status().nodes).toBe(3);
  });
});
