import { afterEach, describe, expect, it, vi } from "vitest";
import type { HistoryPage, Retention } from "../../../src/backplane/ports.ts";
import type { Position } from "../../../src/protocol/position.ts";
import { draft, lasting, roomy } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { Passage } from "./passage.ts";

const patience = { timeout: 20_000, interval: 20 };

/** What the test has started, to be stopped in the other order. */
const started: { stop(): Promise<unknown> }[] = [];

function keep<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing {
  started.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of started.splice(0).reverse()) await thing.stop();
});

async function join(place: { url: string }, name: string): Promise<TestNode> {
  const node = await startNode(place, name, { timings: hurry });
  keep(node.backplane);
  return node;
}

async function publish(
  node: TestNode,
  channel: string,
  data: unknown,
  retention = lasting,
): Promise<Position> {
  const { position } = await node.backplane.broker.publish(draft(channel, data, { retention }));
  if (!position) throw new Error("A publication with retention has no position.");
  return position;
}

async function readFrom(node: TestNode, channel: string, from: Position): Promise<HistoryPage | undefined> {
  const [page] = await node.backplane.broker.read([{ channel, retention: lasting, from }], roomy);
  return page;
}

const offsets = (node: TestNode, channel: string) =>
  node.deliveries.flatMap((one) => (one.channel === channel ? (one.position?.offset ?? []) : []));

describe("a subscriber that is blocked past its output buffer", { timeout: 60_000 }, () => {
  const text = "x".repeat(100_000);

  /** Blocks a node until Redis drops its subscriber. @returns the newest position */
  async function overflow(retention: Retention): Promise<{ node: TestNode; last: Position }> {
    const limit = ["--client-output-buffer-limit", "pubsub 1mb 512kb 1"];
    const server = keep(await RedisServer.start(...limit));
    const passage = keep(await Passage.start(server.port));
    const node = await join(passage, "node-a");
    const publisher = await join(server, "node-b");
    await node.backplane.broker.subscribe("room", retention);
    await publish(publisher, "room", 0, retention);
    await vi.waitFor(() => expect(offsets(node, "room")).toEqual([1]), patience);
    passage.stall();
    const isHeard = () =>
      server.ask(async (client) => String(await client.client("LIST")).includes(":node-a:subscriber "));
    let last = await publish(publisher, "room", text, retention);
    while (await isHeard()) {
      const some = Array.from({ length: 20 }, () => publish(publisher, "room", text, retention));
      last = (await Promise.all(some)).at(-1) ?? last;
    }
    passage.resume();
    return { node, last };
  }

  it("is brought all that the history has", async () => {
    const { node, last } = await overflow(lasting);
    await vi.waitFor(() => expect(offsets(node, "room").at(-1)).toBe(last.offset), patience);
    expect(offsets(node, "room")).toEqual(Array.from({ length: last.offset }, (_, index) => index + 1));
    expect(node.lost).toEqual([]);
  });

  it("is told where the history has it no more", async () => {
    const { node, last } = await overflow({ size: 2, ttl: 600_000 });
    await vi.waitFor(() => expect(node.lost).toEqual(["room"]), patience);
    const heard = offsets(node, "room");
    expect(heard).toEqual([...new Set(heard)].sort((one, other) => one - other));
    expect(heard.length).toBeLessThan(last.offset);
  });
});

describe("a server that evicts", { timeout: 60_000 }, () => {
  const channels = ["quiet", "room"];

  it("has every channel that it forgot told, and reuses no offset", async () => {
    const server = keep(await RedisServer.start("--maxmemory-policy", "allkeys-lru"));
    const node = await join(server, "node-a");
    await Promise.all(channels.map((channel) => node.backplane.broker.subscribe(channel, lasting)));
    const before = new Map<string, Position>();
    for (const channel of channels) {
      before.set(channel, await publish(node, channel, 1));
      for (const data of [2, 3]) await publish(node, channel, data);
    }
    await server.ask(async (client) => {
      const nonces = () =>
        Promise.all(channels.map((channel) => client.hget(`tidegate:channel:{${channel}}:counter`, "e")));
      const old = await nonces();
      const used = Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]);
      await client.config("SET", "maxmemory", String(used + 2_000_000));
      for (let round = 0; (await nonces()).some((nonce, index) => nonce === old[index]); round += 1) {
        await client.set(`ballast:${round}`, "x".repeat(200_000));
      }
      await client.config("SET", "maxmemory", "0");
    });
    // Nobody publishes to any of them meanwhile.
    await vi.waitFor(() => expect(new Set(node.lost)).toEqual(new Set(channels)), patience);
    const again = await publish(node, "room", 4);
    await vi.waitFor(() => expect(node.deliveries.at(-1)?.position).toEqual(again), patience);
    for (const [channel, position] of before) {
      expect(await readFrom(node, channel, position)).toMatchObject({ reached: false, entries: [] });
    }
    expect(again.epoch).not.toBe(before.get("room")?.epoch);
  });
});

describe("a failover to a replica that lags", { timeout: 60_000 }, () => {
  it("is told on every channel, also where nobody publishes, and no offset is taken for another", async () => {
    const primary = keep(await RedisServer.start("--repl-diskless-sync-delay", "0"));
    const replica = keep(await RedisServer.start("--replicaof", "127.0.0.1", String(primary.port)));
    const passage = keep(await Passage.start(primary.port));
    const node = await join(passage, "node-a");
    const channels = ["quiet", "room"];
    await Promise.all(channels.map((channel) => node.backplane.broker.subscribe(channel, lasting)));
    const shared = await Promise.all(channels.map((channel) => publish(node, channel, "shared")));
    await vi.waitFor(async () => {
      const keys = await replica.ask((client) => client.keys("tidegate:channel:*:stream"));
      expect(keys).toHaveLength(2);
    }, patience);
    await replica.ask((client) => client.replicaof("NO", "ONE"));
    const lost = await Promise.all(channels.map((channel) => publish(node, channel, "lost")));
    await vi.waitFor(() => expect(offsets(node, "quiet")).toEqual([1, 2]), patience);
    passage.lead(replica.port);

    await vi.waitFor(() => expect(new Set(node.lost)).toEqual(new Set(channels)), patience);
    // The connection that publishes may be back a little later than the one that hears.
    const next = await vi.waitFor(() => publish(node, "room", "next"), patience);
    expect(next.offset).toBe(lost[1]?.offset);
    expect(next.epoch).not.toBe(lost[1]?.epoch);
    for (const [index, channel] of channels.entries()) {
      for (const position of [shared[index], lost[index]]) {
        if (!position) throw new Error("Each channel has both.");
        // So may the one that reads pages.
        const read = await vi.waitFor(() => readFrom(node, channel, position), patience);
        expect(read).toMatchObject({ reached: false, entries: [] });
      }
    }
  });
});
