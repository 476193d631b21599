import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect as open, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

let gateway: Gateway;
const clients: TestClient[] = [];

async function connect(user: string, auth: object = {}) {
  const client = await open(gateway, user, auth);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  gateway = await startGateway();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => gateway.stop());

describe("welcome", () => {
  it("says who the connection is and where its own channel stands", async () => {
    const { welcome, socket } = await connect("alice");
    expect(welcome).toMatchObject({ connection: socket.id, user: "alice", node: expect.any(String) });
    expect(Math.abs(welcome.time - Date.now())).toBeLessThan(5_000);
    expect(welcome.expiresAt).toBeGreaterThan(welcome.time);
    expect(welcome.channels).toEqual([
      { ok: true, channel: "user:alice", position: expect.stringMatching(/:0$/), messages: [] },
    ]);
  });

  it("brings what was missed on the user's own channel", async () => {
    const first = await connect("bob");
    const [own] = first.welcome.channels;
    first.close();
    await gateway.call("POST", "/v1/publish", { channel: "user:bob", data: 1 });
    const resume = [{ channel: "user:bob", since: own && "position" in own ? own.position : "" }];
    const { welcome } = await connect("bob", { resume });
    expect(welcome.channels).toMatchObject([{ recovered: true, messages: [{ data: 1 }] }]);
  });
});

describe("publish and subscribe", () => {
  it("carries a message to all subscribers, the publisher included", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    await Promise.all([alice, bob].map((client) => client.request("subscribe", { channel: "chat:1" })));
    const reply = await alice.request("publish", { channel: "chat:1", data: { text: "hi" }, id: "m1" });
    const message = {
      channel: "chat:1",
      data: { text: "hi" },
      id: "m1",
      user: "alice",
      position: reply.position,
    };
    expect(await bob.next("message")).toMatchObject(message);
    expect(await alice.next("message")).toMatchObject(message);
  });

  it("sends the publisher a position where it wants no echo", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    await Promise.all([alice, bob].map((client) => client.request("subscribe", { channel: "chat:2" })));
    const reply = await alice.request("publish", { channel: "chat:2", data: 1, echo: false });
    await bob.next("message");
    expect(await alice.next("position")).toEqual({ channel: "chat:2", position: reply.position });
    expect(alice.messages("chat:2")).toEqual([]);
  });

  it("carries binary data unchanged, live and from the history", async () => {
    const alice = await connect("alice");
    await alice.request("subscribe", { channel: "chat:3" });
    const data = { blobs: [Buffer.from([1, 2, 3]), Buffer.from([4])] };
    await alice.request("publish", { channel: "chat:3", data });
    await alice.request("publish", { channel: "chat:3", data: Buffer.from([9]) });
    expect(await alice.next("message")).toMatchObject({ data });
    const again = await alice.request("subscribe", { channel: "chat:3", since: "start" });
    expect(again).toMatchObject({ recovered: true, messages: [{ data }, { data: Buffer.from([9]) }] });
  });

  it("runs the requests of a connection in their order", async () => {
    const alice = await connect("alice");
    void alice.request("subscribe", { channel: "chat:4" });
    const published = alice.request("publish", { channel: "chat:4", data: 1 });
    void alice.request("unsubscribe", { channel: "chat:4" });
    expect(await published).toMatchObject({ ok: true });
    expect(alice.messages("chat:4")).toHaveLength(1);
  });
});

describe("recovery", () => {
  it("returns what came after the position, and then goes on live", async () => {
    const alice = await connect("alice");
    const { position } = await alice.request<{ position: string }>("subscribe", { channel: "chat:5" });
    await alice.request("unsubscribe", { channel: "chat:5" });
    for (const data of [1, 2, 3]) await gateway.call("POST", "/v1/publish", { channel: "chat:5", data });
    const reply = await alice.request("subscribe", { channel: "chat:5", since: position });
    expect(reply).toMatchObject({ recovered: true, messages: [{ data: 1 }, { data: 2 }, { data: 3 }] });
    await gateway.call("POST", "/v1/publish", { channel: "chat:5", data: 4 });
    expect(await alice.next("message")).toMatchObject({ data: 4 });
  });

  it("carries at most 300 messages in a frame and says that there are more", async () => {
    const alice = await connect("alice");
    const operations = Array.from({ length: 100 }, (_, data) => ({
      publish: { channel: "chat:6", data: "x".repeat(4_000) + data },
    }));
    await gateway.call("POST", "/v1/batch", { operations });
    const seen: unknown[] = [];
    let since = "start";
    for (let more = true; more; ) {
      const reply = await alice.request<{ messages: { data: string; position: string }[]; more?: true }>(
        "subscribe",
        { channel: "chat:6", since },
      );
      seen.push(...reply.messages.map(({ data }) => Number(data.slice(4_000))));
      since = reply.messages.at(-1)?.position ?? since;
      more = reply.more === true;
      expect(JSON.stringify(reply).length).toBeLessThan(258 * 1_024);
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it("is refused for a position of another epoch, without messages", async () => {
    const alice = await connect("alice");
    await gateway.call("POST", "/v1/publish", { channel: "chat:7", data: 1 });
    for (const since of ["other:1", "nonsense"]) {
      const reply = await alice.request("subscribe", { channel: "chat:7", since });
      expect(reply).toMatchObject({ ok: true, recovered: false, messages: [] });
    }
  });
});

describe("presence", () => {
  it("knows who is there, who is away and who has left", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    await alice.request("subscribe", { channel: "chat:8" });
    await bob.request("subscribe", { channel: "chat:8" });
    expect(await alice.next("joined")).toEqual({ channel: "chat:8", user: "bob" });
    const asked = Date.now();
    await bob.request("away", {});
    const answered = Date.now();
    const { since, ...change } = await alice.next("away");
    expect(change).toEqual({ channel: "chat:8", user: "bob" });
    expect(since).toBeGreaterThanOrEqual(asked);
    expect(since).toBeLessThanOrEqual(answered);
    const page = {
      total: 2,
      users: [
        { user: "alice", state: "online", connections: 1 },
        { user: "bob", state: "away", since, connections: 1 },
      ],
    };
    expect(await alice.request("presence", { channel: "chat:8" })).toEqual({ ok: true, ...page });
    expect((await gateway.call("GET", "/v1/presence?channel=chat:8", undefined)).body).toEqual(page);
    await bob.request("back", {});
    expect(await alice.next("back")).toEqual({ channel: "chat:8", user: "bob" });
    const { users } = await alice.request<{ users: object[] }>("presence", { channel: "chat:8" });
    expect(users[1]).toEqual({ user: "bob", state: "online", connections: 1 });
    bob.close();
    expect(await alice.next("left")).toEqual({ channel: "chat:8", user: "bob" });
  });
});

describe("errors", () => {
  it("arrive as `failed` without an acknowledgement", async () => {
    const alice = await connect("alice");
    alice.socket.emit("publish", { channel: "user:bob", data: 1 });
    expect(await alice.next("failed")).toMatchObject({ event: "publish", error: { code: "forbidden" } });
  });

  it("name the place of what is wrong", async () => {
    const alice = await connect("alice");
    expect(await alice.request("subscribe", { channel: 5 })).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringContaining("channel") },
    });
    expect(await alice.request("unknown", {})).toMatchObject({ ok: false, error: { code: "no_handler" } });
  });
});
