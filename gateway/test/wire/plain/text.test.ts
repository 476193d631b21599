import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { JsonClient, PlainClient } from "./client.ts";

const rules = `
channels:
  - {match: "chat:*", subscribe: anyone, publish: subscriber, presence: {read: anyone, events: true}, history: {size: 10, ttl: 1m}}
  - {match: "read:*", subscribe: anyone, publish: nobody}
  - {match: "slow:*", subscribe: anyone, publish: anyone, rate: {publish: 1/s, burst: 1}}
  - {match: "quote", subscribe: anyone, publish: anyone, history: {size: 1, ttl: 1m}, latest: true}
  - {match: "users:*", subscribe: user, publish: user}
`;

let gateway: Gateway;
const open: { close(): void }[] = [];

async function talk(path = "", options?: { protocols?: string[]; headers?: Record<string, string> }) {
  const client = new PlainClient(`${gateway.url}/ws${path}`, options);
  open.push(client);
  return client.opened();
}

async function watch(channel: string): Promise<JsonClient> {
  const client = new JsonClient(gateway.url, { token: await gateway.token("watcher") });
  open.push(client);
  await client.next("welcome");
  await client.ask("subscribe", { channel });
  return client;
}

beforeAll(async () => {
  gateway = await startGateway({ rules });
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => gateway.stop());

it("publishes what it is sent, the first frame included, and sends what is published, one's own too", async () => {
  const [ann, bob] = [await talk(), await talk()];
  ann.send("Hello, WebSocket!");
  expect(await ann.received(1)).toEqual(["Hello, WebSocket!"]);
  bob.send("1", "", Buffer.from([0, 255]), '{"a":1}');
  expect((await ann.received(5)).slice(1)).toEqual(["1", "", Buffer.from([0, 255]), '{"a":1}']);
  expect((await bob.received(4)).slice(-4)).toEqual(["1", "", Buffer.from([0, 255]), '{"a":1}']);
});

it("has the channel of its path, and messages of all kinds as one frame each", async () => {
  const watcher = await watch("chat:täglich/1");
  const ann = await talk(`/${encodeURIComponent("chat:täglich/1")}?token=ignored`);
  ann.send("hi");
  expect(await watcher.next("message")).toMatchObject({ channel: "chat:täglich/1", data: "hi" });
  const binary = { _binary: "AP8=" };
  for (const data of [{ a: [1, null] }, 7, null, binary, { in: binary }]) {
    await watcher.ask("publish", { channel: "chat:täglich/1", data });
  }
  const frames = await ann.received(6);
  expect(frames.slice(1)).toEqual([
    '{"a":[1,null]}',
    "7",
    "null",
    Buffer.from([0, 255]),
    '{"in":{"_binary":"AP8="}}',
  ]);
});

it("is sent the newest of a channel of values at once", async () => {
  await gateway.call("POST", "/v1/publish", { channel: "quote", data: { price: 1 } });
  const client = await talk("/quote");
  expect(await client.received(1)).toEqual(['{"price":1}']);
  client.send("2");
  expect(await client.received(2)).toEqual(['{"price":1}', "2"]);
});

it("slows down a client that publishes faster than it can be stored, and loses nothing", async () => {
  const fast = await startGateway({
    rules,
    env: { TIDEGATE_REQUEST_RATE: "100000", TIDEGATE_REQUEST_BURST: "100000" },
  });
  const client = await new PlainClient(`${fast.url}/ws/chat:fast`).opened();
  const numbers = Array.from({ length: 3_000 }, (_, index) => String(index));
  client.send(...numbers);
  expect(await client.received(3_000)).toEqual(numbers);
  client.close();
  await fast.stop();
});

it("takes no credentials of another scheme, which are a proxy's", async () => {
  const client = await talk("", { headers: { authorization: "Basic eDp5" } });
  client.send("nobody's");
  expect(await client.received(1)).toEqual(["nobody's"]);
});

describe("with a token", () => {
  it("of a header or of a subprotocol, it is its user, and answered with the other subprotocol", async () => {
    const watcher = await watch("users:1");
    const token = await gateway.token("ann");
    const byHeader = await talk("/users:1", { headers: { authorization: `Bearer ${token}` } });
    byHeader.send("by header");
    expect(await watcher.next("message")).toMatchObject({ user: "ann" });
    const byProtocol = await talk("/users:1", { protocols: ["protocol1", `bearer.${token}`] });
    expect(byProtocol.socket.protocol).toBe("protocol1");
    byProtocol.send("by subprotocol");
    expect(await watcher.next("message", 2)).toMatchObject({ data: "by subprotocol", user: "ann" });
  });

  it("it is in the registry without presence, and holds its channel alone", async () => {
    const token = await gateway.token("bound", { channels: ["chat:more"] });
    const client = await talk("/chat:1", { headers: { authorization: `Bearer ${token}` } });
    client.send("here");
    await client.received(1);
    const { body } = await gateway.call("GET", "/v1/connections?user=bound");
    expect(body).toMatchObject({ connections: [{ user: "bound", state: "online" }] });
    expect(await gateway.call("GET", "/v1/presence?channel=chat:1")).toMatchObject({ body: { total: 0 } });
    const { body: subscribed } = await gateway.call("POST", "/v1/subscribe", {
      user: "bound",
      channel: "chat:2",
    });
    expect(subscribed).toMatchObject({ connections: 0 });
    for (const channel of ["user:bound", "chat:more", "chat:2", "chat:1"]) {
      await gateway.call("POST", "/v1/publish", { channel, data: channel });
    }
    expect(await client.received(2)).toEqual(["here", "chat:1"]);
  });

  it.each([
    ["disconnect", { user: "bound2" }, 4410],
    ["disconnect", { user: "bound2", reconnect: true }, 4511],
    ["unsubscribe", { user: "bound2", channel: "chat:1" }, 4410],
    ["revoke", { user: "bound2" }, 4410],
  ])("a backend ends it: %s %j is %i", async (call, body, code) => {
    const token = await gateway.token("bound2");
    const client = await talk("/chat:1", { headers: { authorization: `Bearer ${token}` } });
    client.send("here");
    await client.received(1);
    await gateway.call("POST", `/v1/${call}`, body);
    expect(await client.ended).toMatchObject({ code });
  });
});

describe("is closed", () => {
  const header = { authorization: "Bearer no.good.token" };

  it.each([
    ["where no rule has the channel", "/nowhere", {}, 4404, /^unknown_channel: /],
    ["where the rules forbid it", "/users:1", {}, 4403, /^forbidden: /],
    ["for a name that no channel has", "/%20", {}, 4400, /^bad_request: .*channel/i],
    ["for two segments", "/chat:1/2", {}, 4400, /%2F/],
    ["for what is not percent-encoding", "/%zz", {}, 4400, /percent-encoded/],
    ["for what is not UTF-8", "/%ff", {}, 4400, /percent-encoded/],
    ["for a bad token", "/chat:1", { headers: header }, 4401, /^unauthorized: /],
    [
      "for a header without its token, which is not nobody",
      "/chat:1",
      { headers: { authorization: "Bearer " } },
      4401,
      /^unauthorized: /,
    ],
  ])("%s", async (_name, path, options, code, reason) => {
    const client = await talk(path, options);
    expect(await client.ended).toEqual({ code, reason: expect.stringMatching(reason) });
    expect(client.frames).toEqual([]);
  });

  it("by the third publication in a minute that is refused, and not by the second", async () => {
    const client = await talk("/read:1");
    client.send("one", "two");
    await expect.poll(() => gateway.metric("tidegate_publish_failures_total", 'code="forbidden"')).toBe(2);
    await gateway.call("POST", "/v1/publish", { channel: "read:1", data: "still there" });
    expect(await client.received(1)).toEqual(["still there"]);
    client.send("three");
    expect(await client.ended).toMatchObject({
      code: 4511,
      reason: "disconnected: The rules do not allow this.",
    });
  });

  it("where a publication's rate is used up", async () => {
    const client = await talk("/slow:1");
    client.send("one", "two");
    expect(await client.ended).toMatchObject({
      code: 4508,
      reason: expect.stringMatching(/^rate_limited: /),
    });
  });

  it("where a frame is larger than allowed", async () => {
    const client = await talk("/chat:1");
    client.send("x".repeat(200_000));
    expect(await client.ended).toMatchObject({ code: 1009 });
  });

  it("where it sends too much before it is let in", async () => {
    const client = await talk("/chat:1");
    client.send(...Array.from({ length: 6_000 }, () => "x"));
    expect(await client.ended).toMatchObject({ code: 4508 });
  });
});

describe("in production", () => {
  let production: Gateway;

  beforeAll(async () => {
    const env = { NODE_ENV: "production", TIDEGATE_REDIS_URL: "memory", TIDEGATE_API_KEYS: "k".repeat(32) };
    production = await startGateway({ rules, env });
  });

  afterAll(() => production.stop());

  it("has no channel unless one is named, and says which setting that is", async () => {
    const client = new PlainClient(`${production.url}/ws`);
    open.push(client);
    expect(await client.ended).toEqual({
      code: 4404,
      reason: expect.stringContaining("TIDEGATE_TEXT_CHANNEL"),
    });
  });

  it("lets nobody in without credentials", async () => {
    const client = new PlainClient(`${production.url}/ws/chat:1`);
    open.push(client);
    expect(await client.ended).toMatchObject({ code: 4401 });
  });
});
