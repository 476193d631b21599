import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { type MiniProgram, startMiniProgram, type WeappOptions } from "../../support/weapp.ts";
import { Recorder, until } from "./recorder.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { expiredToken } from "./tokens.ts";
import { outlastReconnections } from "./witness.ts";

let gateway: Gateway;
const stops: (() => unknown)[] = [];

class WeappClient extends Recorder {
  readonly program: MiniProgram;

  constructor(url: string, auth: WeappOptions["auth"]) {
    const program = startMiniProgram();
    super(program.io(url, { auth: auth ?? {}, reconnectionDelay: 10, reconnectionDelayMax: 20 }));
    this.program = program;
    stops.push(() => this.socket.disconnect());
  }
}

async function connect(user: string, url = gateway.url): Promise<WeappClient> {
  const client = new WeappClient(url, { token: await gateway.token(user) });
  await client.welcome();
  return client;
}

beforeAll(async () => {
  gateway = await startGateway();
});

afterEach(async () => {
  // Clients first: weapp.socket.io throws when it is closed while it connects again.
  for (const stop of stops.splice(0).reverse()) await stop();
});

afterAll(() => gateway.stop());

const publish = (channel: string, data: unknown) => gateway.call("POST", "/v1/publish", { channel, data });

describe("weapp.socket.io in a mini-program", () => {
  it("connects and is welcomed", async () => {
    const client = await connect("alice");
    expect(await client.welcome()).toMatchObject({
      connection: client.socket.id,
      user: "alice",
      channels: [{ ok: true, channel: "user:alice", messages: [] }],
    });
    expect(client.program.wx.thrown).toEqual([]);
  });

  it("subscribes and publishes, each with its acknowledgement", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    const subscribed = await bob.request("subscribe", { channel: "chat:weapp" });
    expect(subscribed).toMatchObject({ ok: true, channel: "chat:weapp", messages: [] });
    const request = { channel: "chat:weapp", data: { text: "你好" }, id: "m1" };
    const { ok, position } = await alice.request("publish", request);
    expect(ok).toBe(true);
    expect(await bob.next("message")).toMatchObject({ ...request, user: "alice", position });
    const refused = await alice.request("publish", { channel: "user:bob", data: 1 });
    expect(refused).toMatchObject({ ok: false, error: { code: "forbidden", retryable: false } });
  });

  it("carries ArrayBuffers both ways", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    await bob.request("subscribe", { channel: "chat:weapp-binary" });
    const bytes = [0, 1, 127, 128, 255];
    const data = { sound: alice.program.arrayBuffer(bytes), seconds: 2 };
    expect(await alice.request("publish", { channel: "chat:weapp-binary", data })).toMatchObject({
      ok: true,
    });
    const { data: received } = await bob.next("message");
    const { sound, seconds } = received as { sound: ArrayBuffer; seconds: number };
    expect([...new Uint8Array(sound)]).toEqual(bytes);
    expect(seconds).toBe(2);
  });

  it("is back at work after a Uint8Array, which WeChat does not send", async () => {
    const alice = await connect("alice");
    const data = alice.program.uint8Array([1, 2, 3]);
    alice.socket.emit("publish", { channel: "chat:weapp-lost", data });
    alice.socket.emit("publish", { channel: "chat:weapp-lost", data: "behind it" });
    await alice.welcome(2);
    expect(await alice.request("publish", { channel: "chat:weapp-lost", data: 1 })).toMatchObject({
      ok: true,
    });
  });

  it("comes back by itself each time its transport is dropped, and leaves no socket behind", async () => {
    const proxy = await TcpProxy.start(() => gateway.port);
    stops.push(() => proxy.stop());
    const alice = await connect("alice", proxy.url);
    for (let round = 2; round <= 8; round += 1) {
      proxy.cut();
      proxy.restore();
      await alice.welcome(round);
    }
    expect(alice.disconnects).toHaveLength(7);
    await until(() => alice.program.wx.sockets === 1);
    expect(await alice.request("subscribe", { channel: "chat:weapp-again" })).toMatchObject({ ok: true });
  });

  it("misses nothing when its `auth` function says where it stood", async () => {
    const proxy = await TcpProxy.start(() => gateway.port);
    stops.push(() => proxy.stop());
    const token = await gateway.token("carol");
    const positions = new Map<string, unknown>();
    const resume = () => [...positions].map(([channel, since]) => ({ channel, since }));
    const carol = new WeappClient(proxy.url, (send) => send({ token, resume: resume() }));
    const { channels } = await carol.welcome();
    for (const reply of channels) if ("position" in reply) positions.set(reply.channel, reply.position);
    const { position } = await carol.request("subscribe", { channel: "chat:weapp-resume" });
    positions.set("chat:weapp-resume", position);
    proxy.cut();
    for (const data of [1, 2, 3]) await publish("chat:weapp-resume", data);
    await publish("user:carol", "personal");
    proxy.restore();
    const welcome = await carol.welcome(2);
    expect(welcome.channels).toMatchObject([
      { channel: "user:carol", recovered: true, messages: [{ data: "personal" }] },
      { channel: "chat:weapp-resume", recovered: true, messages: [{ data: 1 }, { data: 2 }, { data: 3 }] },
    ]);
    await publish("chat:weapp-resume", 4);
    expect(await carol.next("message")).toMatchObject({ data: 4 });
    expect(carol.messages("chat:weapp-resume")).toHaveLength(1);
  });
});

describe("a refusal before the upgrade that may get better", () => {
  it("brings weapp.socket.io back by itself, to a node that takes it", async () => {
    const [leaving, staying] = [await startGateway(), await startGateway()];
    let port = leaving.port;
    const proxy = await TcpProxy.start(() => port);
    stops.push(() => proxy.stop(), leaving.stop, staying.stop);
    await leaving.app.drain();
    const alice = new WeappClient(proxy.url, { token: await gateway.token("alice") });
    await until(async () => (await leaving.metric("tidegate_refusals_total", 'code="draining"')) >= 2);
    port = staying.port;
    expect(await alice.welcome()).toMatchObject({ user: "alice" });
    expect(alice.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
    expect(await staying.metric("tidegate_connections")).toBe(1);
  });
});

describe("a refusal after the upgrade that may get better", () => {
  it("is a close that brings weapp.socket.io back by itself", async () => {
    const [leaving, staying] = [await startGateway(), await startGateway()];
    let port = leaving.port;
    const proxy = await TcpProxy.start(() => port);
    stops.push(() => proxy.stop(), leaving.stop, staying.stop);
    const token = await gateway.token("alice");
    const alice = new WeappClient(proxy.url, (send) => {
      // The transport is open, CONNECT is not sent yet.
      if (port === leaving.port) void leaving.app.drain();
      port = staying.port;
      send({ token });
    });
    expect(await alice.welcome()).toMatchObject({ user: "alice" });
    expect(alice.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
    expect(await leaving.metric("tidegate_refusals_total", 'code="draining"')).toBe(1);
    expect(await leaving.metric("tidegate_connections_opened_total")).toBe(0);
  });
});

describe("a goodbye", () => {
  it("with `reconnect: true` brings weapp.socket.io back by itself", async () => {
    const alice = await connect("alice");
    await gateway.call("POST", "/v1/disconnect", { user: "alice", reconnect: true });
    await alice.welcome(2);
    expect(alice.of("goodbye")).toEqual([{ code: "disconnected", reconnect: true }]);
    expect(alice.disconnects).not.toContain("io server disconnect");
  });

  it("with `reconnect: false` keeps it away", async () => {
    const alice = await connect("alice");
    await gateway.call("POST", "/v1/disconnect", { user: "alice", reconnect: false });
    await until(() => alice.disconnects.length > 0);
    await outlastReconnections(gateway);
    expect(alice.of("goodbye")).toEqual([{ code: "disconnected", reconnect: false }]);
    expect(alice.disconnects).toEqual(["io server disconnect"]);
    expect(alice.program.wx).toMatchObject({ attempts: 1, sockets: 0 });
  });
});

describe("a refusal that will not get better", () => {
  it.each([
    ["unauthorized", async () => ({ token: "not a token" })],
    ["token_expired", async () => ({ token: await expiredToken("alice") })],
    ["bad_request", async () => ({ token: await gateway.token("alice"), resume: "everything" })],
  ])("`%s` is told once, and weapp.socket.io stays away", async (code, auth) => {
    const refusals = () => gateway.metric("tidegate_refusals_total", `code="${code}"`);
    const before = await refusals();
    const client = new WeappClient(gateway.url, await auth());
    await until(() => client.disconnects.length > 0);
    await outlastReconnections(gateway);
    expect(client.refusals).toEqual([{ code, message: expect.any(String), retryable: false }]);
    expect(client.program.wx.attempts).toBe(1);
    expect(client.program.wx.sockets).toBe(0);
    expect((await refusals()) - before).toBe(1);
    expect(client.received).toEqual([]);
  });
});
