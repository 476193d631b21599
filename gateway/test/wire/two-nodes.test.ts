import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { connect as open, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";

let redis: RedisServer;
let here: Gateway;
let there: Gateway;
const clients: TestClient[] = [];

async function connect(gateway: Gateway, user: string, auth: object = {}) {
  const client = await open(gateway, user, auth);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  redis = await RedisServer.start();
  const node = (id: string) => startGateway({ env: { TIDEGATE_REDIS_URL: redis.url, TIDEGATE_NODE_ID: id } });
  here = await node("here");
  there = await node("there");
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(async () => {
  await here.stop();
  await there.stop();
  await redis.stop();
});

describe("two nodes on one Redis", () => {
  it("carry a publication of either to the clients of both, in one order", async () => {
    const alice = await connect(here, "alice");
    const bob = await connect(there, "bob");
    await Promise.all([alice, bob].map((client) => client.request("subscribe", { channel: "chat:1" })));
    await Promise.all(
      Array.from({ length: 40 }, (_, data) =>
        data % 2 === 0
          ? alice.request("publish", { channel: "chat:1", data })
          : there.call("POST", "/v1/publish", { channel: "chat:1", data }),
      ),
    );
    await Promise.all([alice, bob].map((client) => client.next("message", 40)));
    expect(bob.messages("chat:1")).toEqual(alice.messages("chat:1"));
    const offsets = alice.messages("chat:1").map(({ position = "" }) => Number(position.split(":")[1]));
    expect(offsets).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("let a client of one come back on the other and miss nothing", async () => {
    const first = await connect(here, "carol");
    const { position } = await first.request<{ position: string }>("subscribe", { channel: "chat:2" });
    first.close();
    for (const data of [1, 2, 3]) await here.call("POST", "/v1/publish", { channel: "chat:2", data });
    const again = await connect(there, "carol", { resume: [{ channel: "chat:2", since: position }] });
    expect(again.welcome.channels).toContainEqual(
      expect.objectContaining({
        channel: "chat:2",
        recovered: true,
        messages: [1, 2, 3].map((data) => expect.objectContaining({ data })),
      }),
    );
  });

  it("leave a live sender out of its own message, also where a lost connection to Redis has it repaired", async () => {
    const gina = await connect(here, "gina");
    const hugo = await connect(there, "hugo");
    for (const client of [gina, hugo]) await client.request("subscribe", { channel: "chat:4" });
    await redis.ask((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));
    const message = { channel: "chat:4", data: "mine", echo: false };
    const { position } = await gina.request<{ position: string }>("publish", message);
    expect(await hugo.next("message")).toMatchObject({ data: "mine", position });
    expect(await gina.next("position")).toEqual({ channel: "chat:4", position });
    for (const node of [here, there]) {
      expect(await node.metric("tidegate_gaps_total", "repaired")).toBeGreaterThan(0);
    }
    await here.call("POST", "/v1/publish", { channel: "chat:4", data: "after" });
    await gina.next("message");
    expect(gina.messages("chat:4").map(({ data }) => data)).toEqual(["after"]);
  });

  it("know who is there on both, and reach a user wherever it is", async () => {
    const dave = await connect(here, "dave");
    const erin = await connect(there, "erin");
    await dave.request("subscribe", { channel: "chat:3" });
    await erin.request("subscribe", { channel: "chat:3" });
    await dave.next("joined");
    expect(await dave.request("presence", { channel: "chat:3" })).toMatchObject({ total: 2 });
    expect((await here.call("GET", "/v1/nodes")).body.nodes).toHaveLength(2);
    expect(await here.call("POST", "/v1/disconnect", { user: "erin" })).toMatchObject({
      status: 200,
      body: { connections: 1 },
    });
    expect(await erin.next("goodbye")).toMatchObject({ code: "disconnected" });
    expect(await dave.next("left")).toEqual({ channel: "chat:3", user: "erin" });
  });

  it("refuse a token on both once one is told to revoke it", async () => {
    const token = await here.token("frank");
    const frank = await connect(there, "frank", { token });
    await here.call("POST", "/v1/revoke", { user: "frank" });
    expect(await frank.next("goodbye")).toMatchObject({ code: "revoked", reconnect: false });
    await vi.waitFor(async () => {
      const nodes = (await here.call("GET", "/v1/connections?user=frank")).body.connections;
      expect(nodes).toEqual([]);
    });
  });
});
