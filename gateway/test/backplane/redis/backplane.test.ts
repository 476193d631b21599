import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { slotOf } from "../../../src/backplane/redis/shards/slot.ts";
import type { Timings } from "../../../src/backplane/redis/timings.ts";
import type { Position } from "../../../src/protocol/position.ts";
import { draft, lasting, roomy } from "../../contract/harness.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { RedisCluster } from "./redis-cluster.ts";

const patience = { timeout: 20_000, interval: 50 };
const channels = Array.from({ length: 30 }, (_, index) => `room:${index}`);

let servers: RedisCluster;
let nodes: TestNode[];

async function begin(replicas: 0 | 1, timings: Timings = hurry): Promise<void> {
  servers = await RedisCluster.start(replicas);
  nodes = [await startNode(servers, "node-a", { timings }), await startNode(servers, "node-b", { timings })];
  await Promise.all(
    nodes.flatMap(({ backplane }) => channels.map((one) => backplane.broker.subscribe(one, lasting))),
  );
}

afterEach(async () => {
  await Promise.all(nodes.map(({ backplane }) => backplane.stop()));
  await servers.stop();
}, 60_000);

/** Publishes until it is acknowledged. */
async function publish(channel: string, value: unknown): Promise<Position> {
  const [node] = nodes;
  for (const deadline = performance.now() + patience.timeout; node && performance.now() < deadline; ) {
    try {
      const { position } = await node.backplane.broker.publish(draft(channel, value, { retention: lasting }));
      if (position) return position;
    } catch {
      await sleep(50);
    }
  }
  throw new Error("A publication is not acknowledged.");
}

/** Waits until all nodes have heard a position, or were told that the channel lost something. */
async function expectHeardOrTold(channel: string, position: Position): Promise<void> {
  await vi.waitFor(() => {
    for (const { deliveries, lost } of nodes) {
      const heard = deliveries.some(
        (one) => one.channel === channel && one.position?.offset === position.offset,
      );
      expect(heard || lost.includes(channel)).toBe(true);
    }
  }, patience);
}

/** Waits until what is published is heard on every node. */
async function expectLive(channel: string): Promise<void> {
  const heard = { timeout: 500, interval: 10 };
  await vi.waitFor(async () => {
    const next = await publish(channel, "next");
    const isNext = (position: Position | undefined) =>
      position?.epoch === next.epoch && position.offset === next.offset;
    await vi.waitFor(() => {
      const hearing = nodes.map(({ deliveries }) => deliveries.some(({ position }) => isNext(position)));
      expect(hearing).toEqual([true, true]);
    }, heard);
  }, patience);
}

describe("a Redis Cluster", { timeout: 90_000 }, () => {
  beforeEach(() => begin(0), 60_000);

  it("spreads channels, and delivers each in order on every node", async () => {
    await Promise.all(
      channels.flatMap((channel) => Array.from({ length: 20 }, (_, value) => publish(channel, value))),
    );
    for (const { deliveries, lost } of nodes) {
      await vi.waitFor(() => expect(deliveries).toHaveLength(channels.length * 20), patience);
      for (const channel of channels) {
        const offsets = deliveries.flatMap((one) => (one.channel === channel ? one.position?.offset : []));
        expect(offsets).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      }
      expect(lost).toEqual([]);
    }
    const sizes = await Promise.all(servers.servers.map((server) => server.ask((client) => client.dbsize())));
    expect(Math.min(...sizes)).toBeGreaterThan(5);
  });

  it("knows the slots of keys as Redis does", async () => {
    const names = [...channels, "频道", "a}b", "{x", ""];
    for (const name of names) {
      const slot = await servers.servers[0]?.ask((client) =>
        client.cluster("KEYSLOT", `tidegate:channel:{${name}}:counter`),
      );
      if (name !== "") expect([name, slotOf(name)]).toEqual([name, slot]);
    }
  });

  it("goes on with a channel whose slot moves, which is told", async () => {
    const [channel = ""] = channels;
    const before = await publish(channel, "before");
    await servers.move(`tidegate:channel:{${channel}}:counter`);
    const after = await publish(channel, "after");
    await expectHeardOrTold(channel, after);
    await expectLive(channel);
    expect(after.epoch).not.toBe(before.epoch);
    for (const { lost } of nodes) expect(new Set(lost)).toEqual(new Set([channel]));
  });
});

describe("a Redis Cluster whose slots move there and back", { timeout: 90_000 }, () => {
  // No channel is compared because it has been silent.
  beforeEach(() => begin(0, { ...hurry, silence: 600_000 }), 60_000);

  it("goes on being heard, also by nodes that publish nothing to it", async () => {
    const [channel = ""] = channels;
    await publish(channel, "before");
    const key = `tidegate:channel:{${channel}}:counter`;
    await servers.move(key);
    await servers.move(key);
    await expectLive(channel);
  });

  it("does not come back to the epoch that it had there", async () => {
    const [channel = ""] = channels;
    const key = `tidegate:channel:{${channel}}:counter`;
    const before = await publish(channel, "before");
    await servers.move(key);
    const away = await publish(channel, "away");
    await servers.move(key);
    const back = await publish(channel, "back");
    expect(new Set([before, away, back].map(({ epoch }) => epoch)).size).toBe(3);
    const read = { channel, retention: lasting, from: before };
    const [page] = (await nodes[0]?.backplane.broker.read([read], roomy)) ?? [];
    expect(page).toMatchObject({ reached: false, entries: [], top: back });
  });
});

describe("a Redis Cluster that loses a primary", { timeout: 90_000 }, () => {
  beforeEach(() => begin(1), 60_000);

  it("goes on with its replica, and tells it on that primary's channels", async () => {
    const [channel = ""] = channels;
    await Promise.all(channels.map((one) => publish(one, "before")));
    const [owner] = await servers.ownerOf(`tidegate:channel:{${channel}}:counter`);
    await servers.expectDeath();
    await owner.kill();
    const after = await publish(channel, "after");
    await expectHeardOrTold(channel, after);
    await expectLive(channel);
    for (const { lost } of nodes) expect(lost).toContain(channel);
  });
});
