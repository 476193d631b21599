import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type TestClient } from "../../support/client.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { JsonClient } from "./client.ts";

let gateway: Gateway;
const open: { close(): void }[] = [];
let rooms = 0;
let channel = "chat:0";

function join(auth?: object, headers?: Record<string, string>): JsonClient {
  const client = new JsonClient(gateway.url, auth, headers && { headers });
  open.push(client);
  return client;
}

async function joined(user: string, auth: object = {}): Promise<JsonClient> {
  const client = join({ token: await gateway.token(user), ...auth });
  await client.next("welcome");
  return client;
}

async function socketio(user: string): Promise<TestClient> {
  const client = await connect(gateway, user);
  open.push(client);
  return client;
}

beforeAll(async () => {
  gateway = await startGateway();
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
  rooms += 1;
  channel = `chat:${rooms}`;
});

afterAll(() => gateway.stop());

describe("connect", () => {
  it("is welcomed with what the token's user has", async () => {
    const client = join({ token: await gateway.token("ann") });
    const welcome = await client.next("welcome");
    expect(welcome).toMatchObject({ user: "ann", channels: [{ ok: true, channel: "user:ann" }] });
    expect(await gateway.metric("tidegate_dialect_connections", 'dialect="json"')).toBe(1);
  });

  it("takes the token of the upgrade's header, and is answered where it asks for that", async () => {
    const client = await join(undefined, { authorization: `Bearer ${await gateway.token("ann")}` }).opened();
    expect(await client.ask("connect", {})).toEqual({ ok: true });
    expect(await client.next("welcome")).toMatchObject({ user: "ann" });
  });

  it("lets in without credentials in development, and not with bad ones", async () => {
    expect(await join({}).next("welcome")).toMatchObject({ user: expect.stringMatching(/^anon:/) });
    const bad = join({ token: "no token" });
    expect(await bad.next("failed")).toMatchObject({ event: "connect", error: { code: "unauthorized" } });
    expect(await bad.ended).toEqual({
      code: 4401,
      reason: "unauthorized: The credentials were not accepted.",
    });
  });

  it("may be followed by requests at once, which are handled after the welcome", async () => {
    const client = await join().opened();
    client.say("connect", { token: await gateway.token("ann") });
    client.say("subscribe", { channel }, 1);
    client.say("publish", { channel, data: "early" }, 2);
    await client.next("message");
    const words = client.frames.map((frame) => JSON.parse(frame.toString())[0]);
    expect(words.slice(0, 2)).toEqual(["welcome", 1]);
    expect(words.slice(2).toSorted()).toEqual([2, "message"]);
  });
});

it("hears nothing before the welcome, of what it has sent wrong behind connect either", async () => {
  const client = await join().opened();
  client.say("connect", {}, 1);
  client.say("connect", {}, 2);
  client.say("subscribe");
  client.say("ping", {}, 3);
  const frames = (await client.received(5)).map((frame) => JSON.parse(frame.toString()));
  expect(frames).toMatchObject([
    [1, { ok: true }],
    ["welcome", {}],
    ["failed", { event: "connect", error: { code: "bad_request" } }],
    ["failed", { event: "subscribe", error: { code: "bad_request" } }],
    [3, { ok: true }],
  ]);
});

it("answers by number, 0 and 2^53 - 1 included, and says what failed where none is given", async () => {
  const client = await joined("ann");
  for (const id of [0, Number.MAX_SAFE_INTEGER]) client.say("ping", {}, id);
  const pongs = (await client.received(3)).slice(1).map((frame) => JSON.parse(frame.toString()));
  expect(pongs).toEqual([
    [0, { ok: true, time: expect.any(Number) }],
    [Number.MAX_SAFE_INTEGER, { ok: true, time: expect.any(Number) }],
  ]);
  client.say("nothing", {});
  expect(await client.next("failed")).toMatchObject({ event: "nothing", error: { code: "no_handler" } });
});

it("a mixed room has one order, binary values included", async () => {
  const [ann, bob, eve] = [await joined("ann"), await socketio("bob"), await joined("eve")];
  for (const client of [ann, eve]) await client.ask("subscribe", { channel });
  await bob.request("subscribe", { channel });
  const bytes = Buffer.from([0, 1, 255]);
  const binary = { _binary: bytes.toString("base64") };
  for (let round = 0; round < 20; round += 1) {
    ann.say("publish", { channel, data: [round, binary] });
    bob.socket.emit("publish", { channel, data: { round, bytes } });
  }
  await Promise.all([ann, bob, eve].map((client) => client.next("message", 40)));
  const seen = ann.of("message");
  expect(eve.of("message")).toEqual(seen);
  const plain = JSON.parse(
    JSON.stringify(bob.messages(channel), (_name, value) =>
      value?.type === "Buffer" ? { _binary: Buffer.from(value.data).toString("base64") } : value,
    ),
  );
  expect(plain).toEqual(seen);
  expect(seen.filter(({ data }) => JSON.stringify(data).includes("AAH/"))).toHaveLength(40);
});

it("resumes with `since`, by connect and by subscribe, binary values included", async () => {
  const [ann, bob] = [await joined("ann"), await joined("bob")];
  const { position } = await ann.ask<{ position: string }>("subscribe", { channel });
  ann.close();
  const data = { bytes: { _binary: "AAH/" } };
  for (const round of [1, 2]) await bob.ask("publish", { channel, data: [round, data] });
  const back = await joined("ann", { resume: [{ channel, since: position }] });
  const { channels } = await back.next("welcome");
  const messages = [1, 2].map((round) => expect.objectContaining({ data: [round, data], user: "bob" }));
  expect(channels).toContainEqual(expect.objectContaining({ channel, recovered: true, messages }));
  expect(await bob.ask("subscribe", { channel, since: position })).toMatchObject({
    recovered: true,
    messages,
  });
  expect(await bob.ask("history", { channel, limit: 2 })).toMatchObject({ messages });
});

it("keeps out of its own messages with `echo: false`", async () => {
  const [ann, bob] = [await joined("ann"), await joined("bob")];
  for (const client of [ann, bob]) await client.ask("subscribe", { channel });
  const { position } = await ann.ask("publish", { channel, data: 1, echo: false });
  expect(await ann.next("position")).toEqual({ channel, position });
  expect(await bob.next("message")).toMatchObject({ data: 1, position });
  expect(ann.of("message")).toEqual([]);
});

it("is found by the server API, and closed with the code for its ending", async () => {
  const [stays, returns] = [await joined("stays"), await joined("returns")];
  await gateway.call("POST", "/v1/subscribe", { user: "stays", channel });
  expect(await stays.next("subscribed")).toMatchObject({ ok: true, channel });
  expect(await gateway.call("GET", "/v1/connections?user=stays")).toMatchObject({
    body: { connections: [{ user: "stays" }] },
  });
  await gateway.call("POST", "/v1/disconnect", { user: "stays" });
  expect(await stays.next("goodbye")).toEqual({ code: "disconnected", reconnect: false });
  expect(await stays.ended).toMatchObject({ code: 4410 });
  await gateway.call("POST", "/v1/disconnect", { user: "returns", reconnect: true });
  expect(await returns.ended).toMatchObject({ code: 4511, reason: expect.stringMatching(/^disconnected: /) });
});

it("is revoked", async () => {
  const client = await joined("gone");
  await gateway.call("POST", "/v1/revoke", { user: "gone" });
  expect(await client.ended).toMatchObject({ code: 4410, reason: expect.stringMatching(/^revoked: /) });
});
