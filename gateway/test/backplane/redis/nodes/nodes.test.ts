import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keys } from "../../../../src/backplane/redis/keys.ts";
import { lasting, textOf } from "../../../contract/harness.ts";
import { told } from "../../../contract/manners.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "../harness.ts";
import { Member } from "../membership.ts";

const patience = { timeout: 15_000, interval: 20 };

let server: RedisServer;
let nodes: TestNode[];
let members: Member[];

beforeEach(async () => {
  server = await RedisServer.start("--appendonly", "yes");
  nodes = [
    await startNode(server, "node-a", { timings: hurry }),
    await startNode(server, "node-b", { timings: hurry }),
  ];
  members = [];
});

afterEach(async () => {
  for (const member of members) member.kill("SIGKILL");
  await Promise.all(nodes.map(({ backplane }) => backplane.stop()));
  await server.stop();
});

async function startMember(node: string): Promise<Member> {
  const member = await Member.start(server, node);
  members.push(member);
  await vi.waitFor(async () => {
    const { connections } = await first().backplane.control.send({ kind: "connections", user: "ann" });
    expect(connections.map((one) => one.node)).toContain(node);
  }, patience);
  return member;
}

function first(): TestNode {
  const [node] = nodes;
  if (!node) throw new Error("There is no node.");
  return node;
}

const changes = (node: TestNode, channel: string) =>
  node.deliveries
    .filter((delivery) => delivery.channel === channel)
    .map((delivery) => {
      const [event, { user }] = JSON.parse(textOf(delivery).slice(2));
      return `${event} ${user}`;
    });

const usersOf = async (channel: string) => {
  const { users } = await first().backplane.presence.page(channel, 100, undefined);
  return users.map(({ user, state, since }) => [user, state, since].join(" ").trim());
};

/** Has the entries of those who are away read as older nodes wrote them. */
async function rememberNoTimes(channel: string): Promise<void> {
  const [, records] = new Keys("tidegate:", "socket.io", false).presence(channel);
  const script = `
    for _, user in ipairs(redis.call('HKEYS', KEYS[1])) do
      local record = cmsgpack.unpack(redis.call('HGET', KEYS[1], user))
      for _, entry in ipairs(record) do
        entry[3] = entry[3] and true
      end
      redis.call('HSET', KEYS[1], user, cmsgpack.pack(record))
    end`;
  await server.ask((client) => client.eval(script, 1, records));
}

describe("presence of a node that is gone", () => {
  const users = Array.from({ length: 30 }, (_, index) => `u${index}`);

  it("has every user leave once, whoever of the others sweeps", async () => {
    const member = await startMember("node-c");
    await Promise.all(nodes.map(({ backplane }) => backplane.broker.subscribe("room", lasting)));
    await first().backplane.presence.enter("room", { user: "stays", connection: "s" }, told);
    await first().backplane.presence.enter("room", { user: "u0", connection: "u0-here" }, told);
    await member.do({ enter: { channel: "room", users } });
    await member.do({ enter: { channel: "other", users } });
    member.kill("SIGKILL");
    const gone = users.slice(1).map((user) => `left ${user}`);
    for (const node of nodes) {
      await vi.waitFor(() => {
        const left = changes(node, "room").filter((change) => change.startsWith("left"));
        expect(left.sort()).toEqual(gone.sort());
      }, patience);
    }
    expect(await usersOf("room")).toEqual(["stays online", "u0 online"]);
    await vi.waitFor(async () => expect(await usersOf("other")).toEqual([]), patience);
    await vi.waitFor(async () => {
      const keys = await server.ask((client) => client.keys("*node-c*"));
      const known = await first().backplane.control.nodes();
      expect([keys, known.map(({ node }) => node)]).toEqual([[], ["node-a", "node-b"]]);
    }, patience);
    expect(changes(first(), "room").filter((change) => change.startsWith("left"))).toHaveLength(29);
  });

  it("comes back with all its users, as they were, when a frozen node thaws", async () => {
    const member = await startMember("node-c");
    await first().backplane.broker.subscribe("room", lasting);
    await member.do({ enter: { channel: "room", users: ["ann", "bob"] } });
    await member.do({ away: { channel: "room", user: "bob", since: 7 } });
    member.kill("SIGSTOP");
    await vi.waitFor(async () => expect(await usersOf("room")).toEqual([]), patience);
    member.kill("SIGCONT");
    await vi.waitFor(
      async () => expect(await usersOf("room")).toEqual(["ann online", "bob away 7"]),
      patience,
    );
    const all = changes(first(), "room");
    expect(all.filter((change) => change === "left ann")).toHaveLength(1);
    expect(all.filter((change) => change === "joined ann")).toHaveLength(2);
  });

  it("stays through an outage of Redis that is longer than all leases", async () => {
    const member = await startMember("node-c");
    await first().backplane.broker.subscribe("room", lasting);
    await member.do({ enter: { channel: "room", users } });
    await first().backplane.presence.enter("room", { user: "here", connection: "h" }, told);
    server.freeze();
    await vi.waitFor(() => expect(first().backplane.healthy()).toBe(false), patience);
    await new Promise((resolve) => setTimeout(resolve, hurry.lease * 1.5));
    server.thaw();
    await vi.waitFor(async () => expect(await usersOf("room")).toHaveLength(31), patience);
    await vi.waitFor(async () => expect(await first().backplane.control.nodes()).toHaveLength(3), patience);
    expect(changes(first(), "room").filter((change) => change.startsWith("left"))).toEqual([]);
  });

  it("is entered again when Redis has lost it", async () => {
    const member = await startMember("node-c");
    await member.do({ enter: { channel: "room", users: ["ann"] } });
    const { presence } = first().backplane;
    const [bob, cid] = [
      { user: "bob", connection: "b", info: 1 },
      { user: "cid", connection: "c" },
    ];
    for (const one of [bob, cid]) await presence.enter("room", one, told);
    await presence.setAway("room", cid, 7, told);
    await presence.enter("room", cid, told);
    await server.ask((client) => client.flushall());
    await vi.waitFor(
      async () => expect(await usersOf("room")).toEqual(["ann online", "bob online", "cid away 7"]),
      patience,
    );
  });

  it("ends with what left while Redis could not be told", async () => {
    const { presence } = first().backplane;
    const member = { user: "ann", connection: "a" };
    await presence.enter("room", member, told);
    await server.kill();
    await presence.leave("room", member, told);
    await server.start();
    await vi.waitFor(async () => expect(await usersOf("room")).toEqual([]), patience);
  });

  it("is given up when a node stops", async () => {
    const { presence } = first().backplane;
    const third = await startNode(server, "node-d", { timings: hurry });
    await third.backplane.presence.enter("room", { user: "ann", connection: "a" }, told);
    expect((await presence.page("room", 10, undefined)).total).toBe(1);
    await third.backplane.stop();
    expect(await presence.page("room", 10, undefined)).toEqual({ total: 0, users: [] });
    expect((await first().backplane.control.nodes()).map(({ node }) => node)).toEqual(["node-a", "node-b"]);
  });
});

describe("presence of users who were about to go", () => {
  const lingering = { ...told, linger: 3_000, hold: 3_000 };

  it("is ended by others where their node has stopped meanwhile", async () => {
    const { broker } = first().backplane;
    await broker.subscribe("room", lasting);
    const third = await startNode(server, "node-d", { timings: hurry });
    const { presence } = third.backplane;
    for (const user of ["ann", "bob"]) {
      await presence.enter("room", { user, connection: user }, lingering);
      await presence.end("room", { user, connection: user }, lingering);
    }
    await third.backplane.stop();
    await first().backplane.presence.enter("room", { user: "bob", connection: "b2" }, lingering);
    expect(await usersOf("room")).toEqual(["ann online", "bob online"]);
    await vi.waitFor(() => expect(changes(first(), "room")).toContain("left ann"), patience);
    expect(changes(first(), "room")).toEqual(["joined ann", "joined bob", "left ann"]);
    await vi.waitFor(async () => {
      expect(await server.ask((client) => client.keys("*node-d*"))).toEqual([]);
    }, patience);
  });
});

describe("presence of a node of an older version", () => {
  it("knows no time of who is away, and the others stand it", async () => {
    const { presence, broker } = first().backplane;
    await broker.subscribe("room", lasting);
    const [older, newer] = [
      { user: "ann", connection: "a1" },
      { user: "ann", connection: "a2" },
    ];
    for (const one of [older, newer]) await presence.enter("room", one, told);
    await presence.setAway("room", older, 7, told);
    await rememberNoTimes("room");
    expect(await usersOf("room")).toEqual(["ann online"]);
    await presence.setAway("room", newer, 8, told);
    expect(await usersOf("room")).toEqual(["ann away"]);
    await presence.leave("room", older, told);
    expect(await usersOf("room")).toEqual(["ann away 8"]);
    await vi.waitFor(() => expect(changes(first(), "room")).toEqual(["joined ann", "away ann"]), patience);
  });
});

describe("commands", () => {
  const command = { kind: "disconnect", target: { user: "ann" }, reconnect: true } as const;

  const disconnectsOf = async (member: Member) => {
    const { executed } = await member.do({});
    return executed.filter(({ kind }) => kind === "disconnect");
  };

  it("reach all nodes, and bring all connections", async () => {
    await startMember("node-c");
    const member = await startMember("node-d");
    const { connections, unreached } = await first().backplane.control.send(command);
    expect(connections.map(({ node }) => node).sort()).toEqual(["node-c", "node-d"]);
    expect(unreached).toEqual([]);
    expect(await disconnectsOf(member)).toEqual([command]);
  });

  it("name a frozen node as unreached, and reach the others", async () => {
    const frozen = await startMember("node-c");
    await startMember("node-d");
    frozen.kill("SIGSTOP");
    const { connections, unreached } = await first().backplane.control.send(command);
    frozen.kill("SIGCONT");
    expect(connections.map(({ node }) => node)).toEqual(["node-d"]);
    expect(unreached).toEqual(["node-c"]);
  });

  it("name all others where Redis is gone", async () => {
    expect(await first().backplane.control.nodes()).toHaveLength(2);
    await server.kill();
    await vi.waitFor(() => expect(first().backplane.healthy()).toBe(false), patience);
    const result = await first().backplane.control.send(command);
    expect(result).toEqual({ connections: [], unreached: ["node-b"] });
  });
});

describe("revocations", () => {
  it("are enforced on a node that no command has reached", async () => {
    const member = await startMember("node-c");
    const before = Math.floor(Date.now() / 1_000);
    await first().backplane.revocations.revoke("ann:1", before);
    await vi.waitFor(async () => {
      expect((await member.do({})).executed).toContainEqual({ kind: "revoke", user: "ann:1", before });
    }, patience);
    expect(await nodes[1]?.backplane.revocations.revokedBefore("ann:1")).toBe(before);
  });
});
