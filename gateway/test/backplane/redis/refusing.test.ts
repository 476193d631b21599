import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { messageOf } from "../../../src/protocol/packet.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";

const patience = { timeout: 20_000, interval: 20 };
/** Longer than any pause between two tries of what a server has refused. */
const aWhile = 2_500;

let server: RedisServer;
let node: TestNode;

beforeEach(async () => {
  server = await RedisServer.start();
  node = await startNode(server, "node-a", { timings: hurry });
});

afterEach(async () => {
  await node.backplane.stop();
  await server.stop();
});

/** From now on Redis answers, and refuses every write, as with too few replicas or a full disk. */
const refuse = () => server.ask((client) => client.config("SET", "min-replicas-to-write", "1"));
const relent = () => server.ask((client) => client.config("SET", "min-replicas-to-write", "0"));

const connectionsMade = async (): Promise<number> => {
  const info = await server.ask((client) => client.info("stats"));
  return Number(/^total_connections_received:(\d+)/m.exec(info)?.[1]);
};

const endSubscribers = () => server.ask((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));

const heard = (channel: string): unknown[] =>
  node.deliveries.flatMap((one) => {
    return one.channel === channel ? [JSON.parse(messageOf(String(one.packet))).data] : [];
  });

const publish = (channel: string, data: unknown, retention?: typeof lasting) =>
  node.backplane.broker.publish(draft(channel, data, { retention }));

/** The connections that are made in a while, those of the test itself aside. */
async function connectionsInAWhile(): Promise<number> {
  const before = await connectionsMade();
  await new Promise((resolve) => setTimeout(resolve, aWhile));
  return (await connectionsMade()) - before - 1;
}

describe("a Redis that answers, and refuses writes", { timeout: 60_000 }, () => {
  it("keeps its connections, and what it can still do, when a client subscribes", async () => {
    await node.backplane.broker.subscribe("plain", undefined);
    await refuse();
    await expect(node.backplane.broker.subscribe("kept", lasting)).rejects.toMatchObject({
      code: "unavailable",
    });
    // Both in one turn, so that they share a command.
    const both = [
      node.backplane.broker.subscribe("kept", lasting),
      node.backplane.broker.subscribe("other", undefined),
    ];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await connectionsInAWhile()).toBe(0);
    for (const channel of ["plain", "other"]) await publish(channel, 1);
    await vi.waitFor(() => expect([heard("plain"), heard("other")]).toEqual([[1], [1]]), patience);
    await relent();
    await expect(node.backplane.broker.subscribe("kept", lasting)).resolves.toBeDefined();
  });

  it("brings a subscriber's new connection all that it can, once, and what was missed when it relents", async () => {
    await node.backplane.broker.subscribe("plain", undefined);
    await node.backplane.broker.subscribe("kept", lasting);
    await publish("kept", 1, lasting);
    await vi.waitFor(() => expect(heard("kept")).toEqual([1]), patience);
    await refuse();
    await endSubscribers();
    await vi.waitFor(async () => {
      await publish("plain", "back");
      expect(heard("plain")).toContain("back");
    }, patience);
    expect(await connectionsInAWhile()).toBe(0);
    await relent();
    await publish("kept", 2, lasting);
    await vi.waitFor(() => expect(heard("kept")).toEqual([1, 2]), patience);
    expect(node.lost).toEqual([]);
  });
});
