import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, type GatewayOptions, startGateway } from "../../support/gateway.ts";
import { exchange, RawSocket, upgradeRequest } from "../../support/raw-socket.ts";
import { WeChatStandIn } from "../../support/wechat.ts";
import { JsonClient, PlainClient } from "./client.ts";

const fast = { TIDEGATE_PING_INTERVAL: "200ms", TIDEGATE_PING_TIMEOUT: "100ms" };
const started: Gateway[] = [];
const open: { close(): void }[] = [];

async function start(options?: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  started.push(gateway);
  return gateway;
}

async function json(gateway: Gateway, user: string, claims = {}): Promise<JsonClient> {
  const client = new JsonClient(gateway.url, { token: await gateway.token(user, claims) });
  open.push(client);
  await client.next("welcome");
  return client;
}

async function text(gateway: Gateway): Promise<PlainClient> {
  const client = new PlainClient(`${gateway.url}/ws`);
  open.push(client);
  await client.opened();
  client.send("here");
  await client.received(1);
  return client;
}

afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  await Promise.all(started.splice(0).map((gateway) => gateway.stop()));
});

it("a drain sends all away, each with its code", async () => {
  const gateway = await start();
  const [ann, bob] = [await json(gateway, "ann"), await text(gateway)];
  const unconnected = await new PlainClient(`${gateway.url}/json`).opened();
  expect(await gateway.app.drain()).toBe(0);
  expect(await ann.next("goodbye")).toMatchObject({
    code: "draining",
    reconnect: true,
    after: expect.any(Number),
  });
  for (const client of [ann, bob]) {
    expect(await client.ended).toEqual({ code: 4501, reason: expect.stringMatching(/^draining: /) });
  }
  await gateway.app.stop();
  expect(await unconnected.ended).toMatchObject({ code: 4501 });
});

it("a drain lets nobody in who has opened a WebSocket before", async () => {
  const gateway = await start();
  const late = await new JsonClient(gateway.url).opened();
  const keeper = await json(gateway, "keeper");
  const drained = gateway.app.drain();
  late.say("connect", {});
  expect(await late.next("failed")).toMatchObject({
    event: "connect",
    error: { code: "draining", retryable: true },
  });
  expect(await late.ended).toMatchObject({ code: 4501 });
  await keeper.ended;
  await drained;
});

describe("a token's end", () => {
  it("is told, and closes as one that may come back with another", async () => {
    let now = Date.now();
    const gateway = await start({ now: () => now });
    const client = await json(gateway, "ann", { ttl: 3_600_000 });
    now += 3_600_000 - 30_000;
    expect(await client.next("expiring")).toEqual({ expiresAt: expect.any(Number) });
    now += 60_000;
    expect(await client.next("goodbye")).toEqual({ code: "token_expired", reconnect: true });
    expect(await client.ended).toMatchObject({ code: 4510 });
  });
});

describe("a silent client", () => {
  it.each(["/json", "/ws"])("that answers the pings of its WebSocket stays: %s", async (path) => {
    const gateway = await start({ env: { TIDEGATE_PING_INTERVAL: "300ms", TIDEGATE_PING_TIMEOUT: "1s" } });
    const client = new PlainClient(`${gateway.url}${path}`);
    open.push(client);
    let pings = 0;
    client.socket.on("ping", () => {
      pings += 1;
    });
    await client.opened();
    if (path === "/json") client.send('["connect",{}]');
    await expect.poll(() => pings, { timeout: 15_000 }).toBeGreaterThanOrEqual(7);
    expect(await gateway.metric("tidegate_connections")).toBe(1);
  });

  it("that answers none is cut", async () => {
    const gateway = await start({ env: fast });
    for (const path of ["/json", "/ws"]) {
      const socket = await RawSocket.open(gateway.port, { path });
      if (path === "/json") socket.send('["connect",{}]');
      expect(await socket.closed).toBe(1006);
    }
    expect(await gateway.metric("tidegate_connections_closed_total", 'reason="ping_timeout"')).toBe(2);
  });

  it("that has sent `ping` is cut once it sends nothing more, though its WebSocket answers", async () => {
    const gateway = await start({ env: { TIDEGATE_PING_INTERVAL: "500ms", TIDEGATE_PING_TIMEOUT: "500ms" } });
    const [silent, quiet] = [await json(gateway, "silent"), await json(gateway, "quiet")];
    await silent.ask("ping", {});
    expect(await silent.ended).toMatchObject({ code: 1006 });
    expect(await quiet.ask("ping", {})).toMatchObject({ ok: true });
  });
});

it("a login that takes longer than the time to connect ends, and may be tried again", async () => {
  const wechat = await WeChatStandIn.start({ wxapp: "secret" });
  open.push({ close: () => void wechat.stop() });
  wechat.answer = () => "silence";
  const env = { ...wechat.env, TIDEGATE_CONNECT_TIMEOUT: "300ms" };
  const gateway = await start({ env });
  const client = await new JsonClient(gateway.url).opened();
  open.push(client);
  const answer = client.ask("connect", { platform: "wechat", code: "c" });
  expect(await answer).toMatchObject({ ok: false, error: { code: "timeout", retryable: true } });
  expect(await client.ended).toMatchObject({ code: 4503 });
});

it("a reader that does not read is cut", async () => {
  const gateway = await start({
    env: { TIDEGATE_SEND_QUEUE_LIMIT: "1KiB", TIDEGATE_REQUEST_BURST: "10000" },
  });
  for (const path of ["/json", "/ws/chat:1"]) {
    const socket = await RawSocket.open(gateway.port, { path });
    socket.send('["connect",{}]', '["subscribe",{"channel":"chat:1"},1]');
    await socket.next(path === "/json" ? "[1," : '["');
    socket.tcp.pause();
    const slow = () => gateway.metric("tidegate_slow_consumers_total");
    const before = await slow();
    while ((await slow()) === before) {
      const body = { channel: "chat:1", data: "x".repeat(60_000) };
      await Promise.all(Array.from({ length: 50 }, () => gateway.call("POST", "/v1/publish", body)));
    }
    socket.destroy();
  }
});

describe("before the upgrade", () => {
  const origin = { Origin: "https://evil.example.com" };

  it.each(["/json", "/ws"])("%s refuses a foreign origin, and too many handshakes", async (path) => {
    const env = { TIDEGATE_ALLOWED_ORIGINS: "https://app.example.com", TIDEGATE_HANDSHAKE_RATE: "1" };
    const gateway = await start({ env });
    expect(await exchange(gateway.port, upgradeRequest({ path, headers: origin }))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    const kept = await RawSocket.open(gateway.port, { path });
    expect(await exchange(gateway.port, upgradeRequest({ path }))).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*Retry-After/,
    );
    kept.destroy();
  });
});

it("no token that a client sends is in a log, wherever it stands", async () => {
  const lines: string[] = [];
  const gateway = await start({ log: (line) => lines.push(line) });
  const secret = "planted-secret";
  const ends = [
    new PlainClient(`${gateway.url}/ws?token=${secret}`, { protocols: ["a", `bearer.${secret}`] }),
    new PlainClient(`${gateway.url}/json?token=${secret}`, {
      headers: { authorization: `Bearer ${secret}` },
    }),
    new JsonClient(gateway.url, { token: secret }),
    new PlainClient(`${gateway.url}/nowhere?token=${secret}`),
  ];
  ends[1]?.socket.once("open", () => ends[1]?.send('["connect",{}]'));
  for (const client of ends) expect([4401, 1006]).toContain((await client.ended).code);
  expect(lines.filter((line) => /"msgId":"(handshake|public_request)_refused"/.test(line)).length).toBe(4);
  expect(lines.join("\n")).not.toContain(secret);
});
