import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Welcome } from "../../../src/protocol/events.ts";
import { TestClient } from "../../support/client.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../support/gateway.ts";
import { HookStandIn, hookSecret } from "../../support/hook.ts";
import { JsonClient, PlainClient } from "../plain/client.ts";

const lines: string[] = [];
let hook: HookStandIn;
let gateway: Gateway;
let clients: { close(): void }[];

beforeEach(async () => {
  clients = [];
  hook = await HookStandIn.start(({ body }) => ({
    answer: sessions[(body.auth as { session?: string }).session ?? ""] ?? unknown,
  }));
  gateway = await start();
});

afterEach(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await hook.stop();
  lines.length = 0;
});

const unknown = { error: { code: "unauthorized", message: "No such session." } };
/** What the backend knows, by the session that a client says. */
const sessions: Record<string, object> = {
  "secret-of-ann": {
    user: "ann",
    info: { name: "Ann" },
    channels: ["chat:1"],
    allow: [{ channels: ["vip:*"], can: ["subscribe"] }],
  },
  brief: { user: "ann", expiresAt: Date.now() + 120_000 },
  blocked: { error: { code: "forbidden" } },
  busy: { error: { code: "rate_limited", after: 10 } },
};

function start(options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({
    rules: `
channels:
  - {match: "chat:*", subscribe: user, presence: anyone, publish: subscriber}
  - {match: "vip:*", subscribe: token}
hooks:
  - {name: login, url: "${hook.url}", ask: [connect], timeout: 3s}`,
    log: (line) => lines.push(line),
    ...options,
    env: { TIDEGATE_HOOK_SECRET: hookSecret, TIDEGATE_ANONYMOUS: "true", ...options.env },
  });
}

function client(auth: object): TestClient {
  const opened = new TestClient(gateway.url, auth);
  clients.push(opened);
  return opened;
}

async function welcomed(auth: object): Promise<TestClient & { welcome: Welcome }> {
  const opened = client(auth);
  const welcome = (await opened.next("welcome")) as unknown as Welcome;
  return Object.assign(opened, { welcome });
}

/** The `data` of the CONNECT_ERROR. */
function refused(opened: TestClient): Promise<{ code: string; message: string }> {
  return new Promise((resolve) =>
    opened.socket.once("connect_error", (error) => resolve(Object(error).data)),
  );
}

describe("a client that says neither a token nor a code", () => {
  it("is whom the backend says, and brings a token when it comes back, which asks nobody", async () => {
    const first = await welcomed({ session: "secret-of-ann", resume: [{ channel: "chat:2" }] });
    const { welcome } = first;
    expect(welcome).toMatchObject({
      user: "ann",
      token: expect.any(String),
      channels: [
        { channel: "user:ann", ok: true },
        { channel: "chat:1", ok: true },
        { channel: "chat:2", ok: true },
      ],
    });
    expect(Math.abs((welcome.expiresAt ?? 0) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(await first.request("subscribe", { channel: "vip:1" })).toMatchObject({ ok: true });
    expect(await first.request("presence", { channel: "chat:1" })).toMatchObject({
      users: [{ user: "ann", info: { name: "Ann" } }],
    });
    const second = await welcomed({ token: welcome.token });
    expect(second.welcome).toMatchObject({ user: "ann", expiresAt: welcome.expiresAt });
    expect(await second.request("subscribe", { channel: "vip:1" })).toMatchObject({ ok: true });
    expect(hook.of("connect")).toEqual([
      {
        hook: "login",
        type: "connect",
        id: expect.any(String),
        time: expect.any(Number),
        node: expect.any(String),
        connection: welcome.connection,
        auth: { session: "secret-of-ann" },
        address: "127.0.0.1",
        agent: "",
      },
    ]);
    expect(hook.unverified).toEqual([]);
  });

  it("has a session as long as the backend says", async () => {
    const { welcome } = await welcomed({ session: "brief" });
    expect(Math.abs((welcome.expiresAt ?? 0) - Date.now() - 120_000)).toBeLessThan(60_000);
  });

  it("is never anonymous: not where the backend refuses, and not where it does not answer", async () => {
    expect(await refused(client({}))).toMatchObject({ code: "unauthorized", message: "No such session." });
    expect(await refused(client({ session: "blocked" }))).toMatchObject({ code: "forbidden" });
    hook.handle = () => "silence";
    const waiting = client({});
    await expect.poll(() => hook.of("connect").length, { timeout: 15_000 }).toBeGreaterThanOrEqual(4);
    expect(waiting.of("welcome")).toEqual([]);
    hook.handle = () => ({ answer: { user: "late" } });
    expect(await waiting.next("welcome")).toMatchObject({ user: "late" });
  });

  it("comes back by itself where it may get better", async () => {
    const waiting = client({ session: "busy" });
    await expect.poll(() => hook.of("connect").length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
    hook.handle = () => ({ answer: { user: "ann" } });
    expect(await waiting.next("welcome")).toMatchObject({ user: "ann" });
  });

  it("ends where the user is revoked, and its token with it", async () => {
    const { welcome, socket } = await welcomed({ session: "secret-of-ann" });
    const gone = new Promise<string>((resolve) => socket.once("disconnect", resolve));
    expect(await gateway.call("POST", "/v1/revoke", { user: "ann" })).toMatchObject({
      body: { connections: 1 },
    });
    expect(await gone).toBe("io server disconnect");
    expect(await refused(client({ token: welcome.token }))).toMatchObject({ code: "unauthorized" });
  });

  it("has nothing of what it said in the log or the metrics", async () => {
    await welcomed({ session: "secret-of-ann" });
    hook.handle = () => ({ status: 500, text: "planted" });
    client({ session: "secret-of-bob" });
    await expect.poll(() => lines.some((line) => line.includes("hook_unanswered"))).toBe(true);
    const metrics = await (await fetch(`${gateway.api}/metrics`)).text();
    expect(metrics).toContain('tidegate_hook_calls_total{hook="login",kind="connect",outcome="answered"} 1');
    for (const text of [...lines, metrics]) expect(text).not.toMatch(/secret-of|whsec_|planted/);
  });
});

it("a token that is no good is refused, and no backend asked", async () => {
  expect(await refused(client({ token: "nonsense", session: "secret-of-ann" }))).toMatchObject({
    code: "unauthorized",
  });
  expect(hook.requests).toEqual([]);
});

it("without a secret to sign with a session has no token, and ends all the same", async () => {
  await gateway.stop();
  gateway = await start({ env: { TIDEGATE_TOKEN_SECRET: "" } });
  const { welcome } = await welcomed({ session: "brief" });
  expect(welcome).not.toHaveProperty("token");
  expect(Math.abs((welcome.expiresAt ?? 0) - Date.now() - 120_000)).toBeLessThan(60_000);
});

describe("without Socket.IO", () => {
  it("/json is asked about with what it says in connect", async () => {
    const json = new JsonClient(gateway.url, { session: "secret-of-ann" });
    clients.push(json);
    const [welcome] = await json.received(1);
    expect(JSON.parse(String(welcome))).toMatchObject([
      "welcome",
      { user: "ann", token: expect.any(String) },
    ]);
  });

  it("/ws is asked about by its address and headers, and closes with the backend's code", async () => {
    const origin = gateway.url;
    const text = new PlainClient(`${gateway.url}/ws/chat:1`, { headers: { origin } });
    clients.push(text);
    expect(await text.ended).toEqual({ code: 4401, reason: expect.stringContaining("No such session.") });
    expect(hook.of("connect")).toMatchObject([{ auth: {}, origin }]);
  });
});
