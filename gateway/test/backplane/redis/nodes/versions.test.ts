import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keys } from "../../../../src/backplane/redis/keys.ts";
import { decodeNodeRecord, encodeNodeRecord } from "../../../../src/backplane/redis/nodes/node-record.ts";
import { type BackplaneMeter, noMeter } from "../../../../src/meter.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { describeNode, hurry, startNode, type TestNode } from "../harness.ts";

const patience = { timeout: 15_000, interval: 20 };
const keys = new Keys("tidegate:", "socket.io", false);

/** As 0.1.0 writes it. */
const oldRecord = { address: "old:00000001", info: describeNode("old") };
/** What 0.1.0 reads. */
const oldForms = {
  publication: [1],
  command: ["connections", "subscribe", "unsubscribe", "disconnect", "revoke"],
};

const decode = (record: unknown) => decodeNodeRecord(Buffer.from(JSON.stringify(record)));

describe("a node's record", () => {
  it("says what the node reads", () => {
    expect(decodeNodeRecord(Buffer.from(encodeNodeRecord(oldRecord)))).toEqual({
      ...oldRecord,
      understands: {
        ...oldForms,
        presence: [1, 2],
        command: [...oldForms.command, "replace", "channels", "stats"],
      },
    });
  });

  it("of a node that does not say so is one of 0.1.0", () => {
    expect(decode(oldRecord)).toEqual({ ...oldRecord, understands: oldForms });
  });

  it("of a later version is read as far as it is known", () => {
    const understands = { publication: [1, 2], command: ["connections", "mute"], cursor: ["a", 3] };
    const info = { ...oldRecord.info, zone: "b" };
    expect(decode({ ...oldRecord, info, understands, region: { name: "a" } })).toEqual({
      ...oldRecord,
      understands,
    });
  });

  it.each([
    ["a list", ["publication"], oldForms],
    ["a text", "everything", oldForms],
    ["null", null, oldForms],
    [
      "a format with a range",
      { publication: { from: 1, to: 2 }, command: ["revoke"] },
      { publication: [], command: ["revoke"] },
    ],
    ["forms of another kind", { publication: [1, null] }, { publication: [] }],
  ])("is read where the member that says so is %s", (_what, understands, read) => {
    expect(decode({ ...oldRecord, understands })).toEqual({ ...oldRecord, understands: read });
  });
});

describe("nodes of two versions on one Redis", { timeout: 60_000 }, () => {
  let server: RedisServer;
  let node: TestNode;
  let client: Redis;
  let counted: { malformed: number; unreached: number };

  beforeEach(async () => {
    counted = { malformed: 0, unreached: 0 };
    const meter: BackplaneMeter = {
      ...noMeter,
      malformed: () => {
        counted.malformed += 1;
      },
      unreached: (nodes) => {
        counted.unreached += nodes;
      },
    };
    server = await RedisServer.start();
    node = await startNode(server, "node-a", { timings: hurry, meter });
    client = new Redis(server.port, "127.0.0.1");
    // The server is killed in some tests.
    client.on("error", () => {});
  });

  afterEach(async () => {
    client.disconnect();
    await node.backplane.stop();
    await server.stop();
  });

  /** A lease of another version's node, for as long as a test may take. */
  async function join(name: string, understands?: object): Promise<string> {
    const [ends, records] = keys.leases();
    const record = { address: `${name}:00000001`, info: describeNode(name), understands };
    await client.hset(records, `${name}.00000002`, JSON.stringify(record));
    await client.zadd(ends, Date.now() + 60_000, `${name}.00000002`);
    return record.address;
  }

  async function leave(name: string): Promise<void> {
    const [ends, records] = keys.leases();
    await client.zrem(ends, `${name}.00000002`);
    await client.hdel(records, `${name}.00000002`);
  }

  const expectUnderstood = (format: string, form: string | number, understood: boolean) =>
    vi.waitFor(() => expect(node.backplane.understoodByAll(format, form)).toBe(understood), patience);

  it("a form is understood by all once every lease lists it", async () => {
    await expectUnderstood("command", "connections", true);
    expect(node.backplane.understoodByAll("publication", 1)).toBe(true);
    expect(node.backplane.understoodByAll("publication", 2)).toBe(false);
    expect(node.backplane.understoodByAll("cursor", 1)).toBe(false);
    await join("later", { publication: [1, 2], command: ["mute"] });
    await expectUnderstood("command", "connections", false);
    expect(node.backplane.understoodByAll("publication", 1)).toBe(true);
    expect(node.backplane.understoodByAll("publication", 2)).toBe(false);
    await leave("later");
    await expectUnderstood("command", "connections", true);
  });

  it("a node of 0.1.0 understands what that version read", async () => {
    await join("old");
    await vi.waitFor(() => expect(node.backplane.status().nodes).toBe(2), patience);
    for (const kind of oldForms.command) await expectUnderstood("command", kind, true);
    await expectUnderstood("publication", 1, true);
  });

  it("a form is understood by nobody while nobody can be asked", async () => {
    await expectUnderstood("publication", 1, true);
    await server.kill();
    await expectUnderstood("publication", 1, false);
    await server.start();
    await expectUnderstood("publication", 1, true);
  });

  /** Collects what comes on a pub/sub channel. */
  async function listen(name: string, receive: (message: string) => void): Promise<Redis> {
    const subscriber = client.duplicate();
    subscriber.on("message", (_name, message: string) => receive(message));
    await subscriber.subscribe(name);
    return subscriber;
  }

  it("a command of a kind that a node does not know is answered so, and nothing is malformed", async () => {
    const received: unknown[] = [];
    const subscriber = await listen(keys.replies("later:00000001"), (message) =>
      received.push(JSON.parse(message)),
    );
    const command = { kind: "mute", user: "ann", for: { seconds: 3 } };
    const request = { id: "1", from: "later:00000001", command, trace: "x" };
    // Known commands are executed, also with members that are not known yet.
    const known = { ...request, id: "2", command: { kind: "connections", user: "ann", fields: ["state"] } };
    for (const one of [request, known]) await client.publish(keys.commands(), JSON.stringify(one));
    await vi.waitFor(() => expect(received).toHaveLength(2), patience);
    subscriber.disconnect();
    const from = expect.stringMatching(/^node-a:/);
    expect(received).toContainEqual({ id: "1", from, understood: false, connections: [] });
    expect(received).toContainEqual({ id: "2", from, understood: true, connections: [] });
    expect(counted.malformed).toBe(0);
  });

  it.each([
    ["answers so", { understood: false, connections: [] }, ["later"]],
    ["answers without saying so, as 0.1.0 does", { connections: [] }, []],
    ["answers with members that are not known yet", { connections: [], took: 3, understood: true }, []],
  ])("a node that %s is unreached only where it has not done it", async (_how, answer, unreached) => {
    const from = await join("later");
    const subscriber = await listen(keys.commands(), (message) => {
      const request = JSON.parse(message);
      void client.publish(keys.replies(request.from), JSON.stringify({ id: request.id, from, ...answer }));
    });
    const result = await node.backplane.control.send({ kind: "connections", user: "ann" });
    subscriber.disconnect();
    expect(result).toEqual({ connections: [], unreached });
    expect(counted).toEqual({ malformed: 0, unreached: unreached.length });
  });

  it("a question is put to nobody while a node is there to which it would be malformed", async () => {
    const received: unknown[] = [];
    await join("old");
    const subscriber = await listen(keys.commands(), (message) => received.push(JSON.parse(message)));
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      const { unreached } = await node.backplane.control.ask("stats", { since: 0 });
      expect(unreached).toEqual(["old"]);
    } finally {
      vi.useRealTimers();
    }
    await node.backplane.control.send({ kind: "connections", user: "ann" });
    await vi.waitFor(() => expect(received).toHaveLength(1), patience);
    subscriber.disconnect();
    expect(received).toMatchObject([{ command: { kind: "connections" } }]);
  });

  it("a report of a later version is read as far as it is known, and what is none is left out", async () => {
    const later = { ...oldForms, command: [...oldForms.command, "channels", "stats"] };
    const from = await join("later", later);
    const other = await join("other", later);
    const report = {
      node: "later",
      channels: [{ channel: "chat:1", subscribers: 1, since: 3 }],
      more: false,
      took: 1,
    };
    const subscriber = await listen(keys.commands(), (message) => {
      const { id, from: asker } = JSON.parse(message);
      const answer = { id, understood: true, connections: [] };
      for (const one of [
        { ...answer, from, report },
        { ...answer, from: other, report: "none" },
      ]) {
        void client.publish(keys.replies(asker), JSON.stringify(one));
      }
    });
    const asked = await node.backplane.control.ask("channels", { prefix: "", after: "", limit: 10 });
    subscriber.disconnect();
    const own = expect.objectContaining({ node: "node-a" });
    const read = { node: "later", channels: [{ channel: "chat:1", subscribers: 1 }], more: false };
    expect(asked).toEqual({ reports: [own, read], unreached: [] });
    expect(counted.malformed).toBe(0);
  });

  it("a node whose record lacks the kind is unreached without being waited for", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      await join("later", { publication: [1], command: ["mute"] });
      const result = await node.backplane.control.send({ kind: "revoke", user: "ann", before: 1 });
      expect(result).toEqual({ connections: [], unreached: ["later"] });
      expect(counted.unreached).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
