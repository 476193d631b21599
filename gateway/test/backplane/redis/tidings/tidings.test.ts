import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Told } from "../../../../src/backplane/tidings.ts";
import { allTold } from "../../../contract/listeners.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "../harness.ts";
import { Member } from "../membership.ts";

const patience = { timeout: 30_000, interval: 50 };

interface Event {
  type: string;
  key: string;
  order: string;
  code?: string;
}

let server: RedisServer;
let node: TestNode;
let members: Member[];
/** All that was told, as a backend that takes everything hears it. */
let heard: Event[];

beforeEach(async () => {
  server = await RedisServer.start("--appendonly", "yes");
  node = await startNode(server, "node-a", { timings: hurry, tidings: allTold });
  members = [];
  heard = [];
});

afterEach(async () => {
  for (const member of members) member.kill("SIGKILL");
  await node.backplane.stop();
  await server.stop();
});

async function startMember(name: string): Promise<Member> {
  const member = await Member.start(server, name, true);
  members.push(member);
  return member;
}

async function takeAll(): Promise<void> {
  const { tidings } = node.backplane;
  for (const tag of await tidings.look("all")) {
    let told: Told | undefined;
    for (;;) {
      const batch = await tidings.take("all", tag, { size: 100, bytes: 250_000 }, told);
      if (!batch || batch.tidings.length + batch.dropped.length === 0) break;
      for (const { because } of batch.dropped) heard.push({ type: "dropped", key: because, order: ":0" });
      for (const { text } of batch.tidings) heard.push(JSON.parse(text) as Event);
      told = { epoch: batch.epoch, dropped: batch.dropped, number: batch.tidings.at(-1)?.number ?? 0 };
    }
  }
}

const typesOf = (key: string) => heard.filter((event) => event.key === key).map(({ type }) => type);

/** Waits until a key has been told of so. */
async function hears(key: string, types: string[]): Promise<void> {
  await vi.waitFor(async () => {
    await takeAll();
    expect(typesOf(key)).toEqual(types);
  }, patience);
}

const visitor = (user: string, connection: string) => ({
  ...{ user, connection, since: Date.now() },
  ...{ address: "::1", agent: "" },
});

describe("what hooks are told", { timeout: 90_000 }, () => {
  it("has the goodbyes of a node that was killed, and not of users who came back", async () => {
    const member = await startMember("lost");
    const users = Array.from({ length: 20 }, (_, index) => `u${index}`);
    await member.do({ visit: { users } });
    member.kill("SIGKILL");
    await node.backplane.users.connected(visitor("u0", "u0-here"));
    for (const user of users) await hears(`lost-${user}`, ["connected", "disconnected"]);
    for (const user of users.slice(1)) await hears(user, ["online", "offline"]);
    expect(typesOf("u0")).toEqual(["online"]);
    expect(heard.filter(({ code }) => code === "node_lost")).toHaveLength(20);
    const { users: online } = await node.backplane.users.page(100, undefined);
    expect(online).toMatchObject([{ user: "u0", connections: 1 }]);
  });

  it("has everybody again of a node that thaws", async () => {
    const member = await startMember("frozen");
    await member.do({ visit: { users: ["ann"] } });
    member.kill("SIGSTOP");
    await hears("ann", ["online", "offline"]);
    member.kill("SIGCONT");
    await hears("ann", ["online", "offline", "online"]);
    await hears("frozen-ann", ["connected", "disconnected", "connected"]);
  });

  it("goes on after a restart of Redis, which is told, with what happened meanwhile", async () => {
    const { users } = node.backplane;
    await users.connected(visitor("ann", "a1"));
    await users.connected(visitor("bob", "b1"));
    await hears("a1", ["connected"]);
    await server.kill();
    await users.disconnected(visitor("ann", "a1"), { code: "transport_close", heard: Date.now() });
    await users.connected(visitor("cid", "c1"));
    await server.start();
    await hears("a1", ["connected", "disconnected"]);
    await hears("c1", ["connected"]);
    await hears("ann", ["online", "offline"]);
    expect(typesOf("redis").every((type) => type === "dropped")).toBe(true);
    expect(typesOf("redis").length).toBeGreaterThan(0);
    for (const key of ["b1", "bob"]) expect(new Set(typesOf(key)).size).toBe(1);
  });

  it("keeps its order, key by key, whichever node takes it out", async () => {
    const member = await startMember("other");
    const users = Array.from({ length: 50 }, (_, index) => `u${index}`);
    await Promise.all([
      member.do({ visit: { users } }),
      ...users.map((user) => node.backplane.users.connected(visitor(user, `here-${user}`))),
    ]);
    member.kill("SIGKILL");
    for (const user of users) {
      await node.backplane.users.disconnected(visitor(user, `here-${user}`), {
        code: "revoked",
        heard: Date.now(),
      });
    }
    for (const user of users) await hears(user, ["online", "offline"]);
    const newest = new Map<string, number>();
    for (const { key, order } of heard) {
      const [epoch = "", number = ""] = order.split(":");
      expect(Number(number)).toBeGreaterThan(newest.get(`${epoch} ${key}`) ?? 0);
      newest.set(`${epoch} ${key}`, Number(number));
    }
  });
});

it("a node without hooks leaves no key of them", async () => {
  await node.backplane.stop();
  await server.ask((client) => client.flushall());
  node = await startNode(server, "plain", { timings: hurry });
  await node.backplane.users.page(10, undefined);
  const member = { user: "ann", connection: "a1" };
  const quiet = { announce: false, pace: 0, linger: 0, hold: 0 };
  await node.backplane.presence.enter("room", member, quiet);
  await node.backplane.presence.leave("room", member, quiet);
  const keys = await server.ask((client) => client.keys("*"));
  expect(keys.filter((key) => /hook|users:|tags|told/.test(key) && !key.includes("presence:users"))).toEqual(
    [],
  );
});
