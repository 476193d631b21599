import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { slotOf } from "../../../../src/backplane/redis/shards/slot.ts";
import { Failure } from "../../../../src/errors.ts";
import { draft, lasting, roomy, valuesOf } from "../../../contract/harness.ts";
import { told } from "../../../contract/manners.ts";
import { hurry, startNode, type TestNode } from "../harness.ts";
import { RedisCluster, type SlotMove } from "../redis-cluster.ts";

const patience = { timeout: 20_000, interval: 50 };
const channel = "room:0";
/** Another one in the slot, that does not exist yet. */
const newcomer = [...Array(200_000).keys()]
  .map((index) => `new:${index}`)
  .find((name) => slotOf(name) === slotOf(channel));

let servers: RedisCluster;
let node: TestNode;
let move: SlotMove;
let acknowledged: unknown[];
let refused: string[];

beforeEach(async () => {
  acknowledged = [];
  refused = [];
  servers = await RedisCluster.start(0);
  node = await startNode(servers, "node-a", { timings: hurry });
  await node.backplane.broker.subscribe(channel, lasting);
  for (const value of ["first", "second"]) await publish(value);
  for (const user of ["early", "gone"]) {
    await node.backplane.presence.enter(channel, { user, connection: user }, told);
  }
  move = await servers.beginMove(`tidegate:channel:{${channel}}:counter`);
}, 60_000);

afterEach(async () => {
  await node.backplane.stop();
  await servers.stop();
}, 60_000);

/** What is not done is told as something that may be tried again. */
async function attempt(what: string, work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { code, retryable } = Failure.of(error);
    expect([what, code, retryable]).toEqual([what, "unavailable", true]);
    refused.push(what);
    return false;
  }
}

async function publish(value: string, idempotencyKey?: string): Promise<void> {
  const publication = draft(channel, value, { retention: lasting, idempotencyKey });
  if (await attempt(value, node.backplane.broker.publish(publication))) acknowledged.push(value);
}

/** Everything that a client or a backend may do, in one phase of the move. */
async function useAll(phase: string): Promise<void> {
  const { broker, presence } = node.backplane;
  await publish(`${phase}: plain`);
  await publish(`${phase}: with an id`, phase);
  await attempt(`${phase}: read`, broker.read([{ channel, retention: lasting, from: "start" }], roomy));
  if (newcomer === undefined) throw new Error("There are more names than slots.");
  await attempt(`${phase}: subscribe`, broker.subscribe(newcomer, lasting));
  const member = { user: phase, connection: phase };
  await attempt(`${phase}: enter`, presence.enter(channel, member, told));
  await attempt(`${phase}: page`, presence.page(channel, 10, undefined));
}

describe("a slot of a Redis Cluster that is on its way", { timeout: 90_000 }, () => {
  it("goes on, or says `unavailable`, and loses nothing that was acknowledged", async () => {
    await useAll("no key has moved");
    expect(acknowledged).toContain("no key has moved: plain");
    await move.keys(1);
    await useAll("some keys have moved");
    await move.keys(Number.POSITIVE_INFINITY);
    await useAll("all keys have moved");
    expect(refused.length).toBeGreaterThan(0);
    await move.end();
    await vi.waitFor(async () => {
      await publish("after", "after");
      expect(acknowledged.at(-1)).toBe("after");
    }, patience);

    const [page] = await node.backplane.broker.read([{ channel, retention: lasting, from: "start" }], roomy);
    expect(valuesOf(page)).toEqual(acknowledged);
    // What was refused is tried again with its id, and there once, as what was acknowledged is.
    for (const phase of ["no key has moved", "some keys have moved", "all keys have moved"]) {
      await publish(`${phase}: again`, phase);
    }
    const [whole] = await node.backplane.broker.read([{ channel, retention: lasting, from: "start" }], roomy);
    const values = valuesOf(whole).map(String);
    for (const phase of ["no key has moved", "some keys have moved", "all keys have moved"]) {
      const isIt = (value: string) => [`${phase}: with an id`, `${phase}: again`].includes(value);
      expect([phase, values.filter(isIt).length]).toEqual([phase, 1]);
    }
  });

  it("brings all to who hears its channel, or tells that it moved", async () => {
    const values = Array.from({ length: 60 }, (_, index) => `${index}`);
    const publishing = (async () => {
      for (const value of values)
        await vi.waitFor(async () => {
          const before = acknowledged.length;
          await publish(value, value);
          expect(acknowledged.length).toBe(before + 1);
        }, patience);
    })();
    await move.keys(1);
    await move.keys(Number.POSITIVE_INFINITY);
    await move.end();
    await publishing;
    const top = acknowledged.length;
    await vi.waitFor(() => expect(node.deliveries.at(-1)?.position?.offset).toBe(top), patience);
    const heard = node.deliveries.flatMap((one) =>
      one.channel === channel ? (one.position?.offset ?? []) : [],
    );
    expect(heard).toEqual([...new Set(heard)].sort((one, other) => one - other));
    if (heard.length < top) expect(node.lost).toContain(channel);
    const [page] = await node.backplane.broker.read([{ channel, retention: lasting, from: "start" }], roomy);
    expect(valuesOf(page)).toEqual(acknowledged);
  });
});

describe("presence in a slot that was on its way", { timeout: 90_000 }, () => {
  it("has everybody who is there, and nobody else, once the slot has arrived", async () => {
    const { presence } = node.backplane;
    await move.keys(2);
    await attempt("enter", presence.enter(channel, { user: "late", connection: "late" }, told));
    await presence.leave(channel, { user: "gone", connection: "gone" }, told);
    await move.keys(Number.POSITIVE_INFINITY);
    await move.end();
    await vi.waitFor(async () => {
      const { users } = await presence.page(channel, 10, undefined);
      expect(users.map(({ user }) => user)).toEqual(["early", "late"]);
    }, patience);
  });
});
