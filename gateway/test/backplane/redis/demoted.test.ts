import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { messageOf } from "../../../src/protocol/packet.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { Passage } from "./passage.ts";

const patience = { timeout: 20_000, interval: 10 };

/** The primary at first, and its replica. */
let first: RedisServer;
let second: RedisServer;
/** The one address that the node knows. */
let address: Passage;
let node: TestNode;

beforeEach(async () => {
  first = await RedisServer.start("--repl-diskless-sync-delay", "0");
  const replica = ["--replicaof", "127.0.0.1", String(first.port)];
  second = await RedisServer.start("--repl-diskless-sync-delay", "0", ...replica);
  address = await Passage.start(first.port);
  node = await startNode(address, "node-a", { timings: hurry });
});

afterEach(async () => {
  await node.backplane.stop();
  await address.stop();
  for (const server of [first, second]) await server.stop();
});

const heard = (channel: string): unknown[] =>
  node.deliveries.flatMap((one) => {
    return one.channel === channel ? [JSON.parse(messageOf(String(one.packet))).data] : [];
  });

const publish = (channel: string, data: unknown, retention = lasting) =>
  node.backplane.broker.publish(draft(channel, data, { retention }));

const isLinked = (replica: RedisServer) =>
  vi.waitFor(async () => {
    const info = await replica.ask((client) => client.info("replication"));
    expect(info).toContain("master_link_status:up");
  }, patience);

/** The second server takes over from the first, which becomes its replica. No connection is ended. */
async function demote(): Promise<void> {
  await isLinked(second);
  await second.ask((client) => client.replicaof("NO", "ONE"));
  await first.ask((client) => client.replicaof("127.0.0.1", String(second.port)));
  await isLinked(first);
}

/** By which the node meets that its server takes no writes. */
const encounters: [name: string, meet: () => Promise<unknown>][] = [
  [
    "its subscriber's connection is lost",
    () =>
      first.ask(async (client) => {
        const list = String(await client.client("LIST"));
        const id = /^id=(\d+) .*:subscriber /m.exec(list)?.[1] ?? "";
        expect(await client.client("KILL", "ID", id)).toBe(1);
      }),
  ],
  [
    "a client subscribes to one more channel",
    () =>
      expect(node.backplane.broker.subscribe("late", lasting)).rejects.toMatchObject({ code: "unavailable" }),
  ],
  ["a channel is silent", async () => {}],
];

const returns: [name: string, end: () => Promise<unknown>][] = [
  ["the server is the primary again", () => first.ask((client) => client.replicaof("NO", "ONE"))],
  ["the address leads to the new primary", async () => address.leadNew(second.port)],
];

const cases = encounters.flatMap(([encounter, meet]) =>
  returns.map(([end, come]) => [encounter, end, meet, come] as const),
);

describe("an address that leads to a replica for a while", { timeout: 60_000 }, () => {
  it.each(cases)("where meanwhile %s, until %s", async (_encounter, _end, meet, come) => {
    const { broker, status, healthy } = node.backplane;
    for (const channel of ["room", "quiet"]) await broker.subscribe(channel, lasting);
    await broker.subscribe("plain", undefined);
    await publish("room", "before");
    await vi.waitFor(() => expect(heard("room")).toEqual(["before"]), patience);

    await demote();
    await meet();
    await vi.waitFor(
      () => expect(status().connected).toEqual({ commands: 0, subscriber: 0, reads: 0 }),
      patience,
    );
    expect(healthy()).toBe(false);
    await expect(publish("room", "refused")).rejects.toMatchObject({ code: "unavailable" });

    await come();
    await vi.waitFor(() => {
      expect(status().connected).toEqual({ commands: 1, subscriber: 1, reads: 1 });
      expect(healthy()).toBe(true);
      expect(new Set(node.lost)).toEqual(new Set(["room", "quiet"]));
    }, patience);
    await broker.subscribe("late", lasting);
    for (const channel of ["room", "quiet", "late"]) {
      await publish(channel, "after");
      await vi.waitFor(() => expect(heard(channel).at(-1)).toBe("after"), patience);
    }
    await broker.publish(draft("plain", "after"));
    await vi.waitFor(() => expect(heard("plain")).toEqual(["after"]), patience);
    expect(heard("room")).toEqual(["before", "after"]);
  });
});
