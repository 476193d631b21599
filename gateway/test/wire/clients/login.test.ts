import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Welcome } from "../../../src/protocol/events.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { sessionKey, WeChatStandIn } from "../../support/wechat.ts";
import { Recorder, until } from "./recorder.ts";
import { outlastReconnections } from "./witness.ts";

const secrets = { wxfirst: "planted-secret-of-first", wxsecond: "planted-secret-of-second" };

let wechat: WeChatStandIn;
let gateway: Gateway;
let lines: string[];
let clients: Recorder[];

/** The official client; without `back` it does not come back by itself. */
function client(auth: object, { url = gateway.url, back = false } = {}): Recorder {
  const delays = { reconnectionDelay: 10, reconnectionDelayMax: 20 };
  const recorder = new Recorder(
    io(url, { transports: ["websocket"], forceNew: true, auth, reconnection: back, ...delays }),
  );
  clients.push(recorder);
  return recorder;
}

const login = (code: string, more: object = {}) => ({ code, platform: "wechat", ...more });

/** The refusals that are in the log. */
function refusals(): { code: string; level: string; cause: string }[] {
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ msgId }: { msgId: string }) => /^handshake_(refused|failed)$/.test(msgId));
}

async function start(env: Record<string, string> = {}): Promise<Gateway> {
  return startGateway({ env: { ...wechat.env, ...env }, log: (line) => lines.push(line) });
}

beforeAll(async () => {
  wechat = await WeChatStandIn.start(secrets);
});
beforeEach(async () => {
  lines = [];
  clients = [];
  gateway = await start();
});
afterEach(async () => {
  for (const { socket } of clients) socket.disconnect();
  wechat.answer = () => undefined;
  wechat.apps.wxfirst = secrets.wxfirst;
  wechat.requests.splice(0);
  await gateway.stop();
});
afterAll(() => wechat.stop());

describe("a login code", () => {
  it("is welcomed with a token, which is good for the next connection", async () => {
    const first = client(login("ann.1"));
    const welcome = (await first.welcome()) as unknown as Welcome;
    expect(welcome).toMatchObject({
      user: "ann",
      token: expect.any(String),
      channels: [{ channel: "user:ann" }],
    });
    expect(welcome.expiresAt).toBeGreaterThan(Date.now() + 86_000_000);
    const second = client({ token: welcome.token });
    const next = (await second.welcome()) as unknown as Welcome;
    expect(next).toMatchObject({ user: "ann", expiresAt: welcome.expiresAt });
    expect(next).not.toHaveProperty("token");
    expect(wechat.requests).toMatchObject([{ appid: "wxfirst", code: "ann.1" }]);
  });

  it("is that of the app which the client names", async () => {
    await client(login("ann.2", { app: "wxsecond" })).welcome();
    expect(wechat.requests).toMatchObject([{ appid: "wxsecond", secret: secrets.wxsecond }]);
  });

  it.each<[string, object]>([
    ["of an unknown app", login("ann.3", { app: "wxthird" })],
    ["of another platform", { code: "ann.4", platform: "alipay" }],
    ["of no platform", { code: "ann.5" }],
    ["that WeChat does not know", login("nonsense")],
  ])("%s is refused as `unauthorized`", async (_name, auth) => {
    const refused = client(auth, { back: true });
    await until(() => refused.refusals.length > 0);
    await outlastReconnections(gateway);
    expect(refused.refusals).toEqual([
      { code: "unauthorized", message: "The credentials were not accepted.", retryable: false },
    ]);
  });

  it("is good once", async () => {
    await client(login("ann.6")).welcome();
    const replay = client(login("ann.6"), { back: true });
    await until(() => replay.refusals.length > 0);
    expect(replay.refusals).toMatchObject([{ code: "unauthorized" }]);
  });

  it("that is empty or endless is a `bad_request`, and WeChat is not asked", async () => {
    for (const code of ["", "x".repeat(513)]) {
      const refused = client(login(code));
      await until(() => refused.refusals.length > 0);
      expect(refused.refusals).toMatchObject([{ code: "bad_request" }]);
    }
    expect(wechat.requests).toEqual([]);
  });

  it("of a user whom WeChat blocks is `forbidden`", async () => {
    wechat.answer = () => ({ errcode: 40226 });
    const refused = client(login("ann.7"), { back: true });
    await until(() => refused.refusals.length > 0);
    expect(refused.refusals).toMatchObject([{ code: "forbidden" }]);
  });
});

describe("what may get better is a close without CONNECT_ERROR, and the client comes back", () => {
  it.each<[string, WeChatStandIn["answer"], string]>([
    ["a limit of WeChat's", () => ({ errcode: 45011 }), "rate_limited"],
    ["a busy WeChat", () => ({ errcode: -1 }), "unavailable"],
    ["a WeChat that fails", () => ({ status: 500 }), "unavailable"],
  ])("%s", async (_name, answer, code) => {
    wechat.answer = answer;
    const waiting = client(login("ann.8"), { back: true });
    await until(() => refusals().some((refusal) => refusal.code === code));
    wechat.answer = (sent) => ({ openid: sent.split(".")[0] ?? "" });
    expect(await waiting.welcome()).toMatchObject({ user: "ann" });
    expect(waiting.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });

  it("a WeChat that hangs, which keeps nobody waiting who has a token", async () => {
    wechat.answer = () => "silence";
    const waiting = client(login("ann.9"), { back: true });
    await until(() => wechat.requests.length > 0);
    const other = client({ token: await gateway.token("bob") });
    expect(await other.welcome()).toMatchObject({ user: "bob" });
    expect(refusals()).toEqual([]);
    await until(() => refusals().length > 0);
    expect(refusals()).toMatchObject([{ code: "unavailable", cause: "WeChat: no answer in time" }]);
    wechat.answer = (sent) => ({ openid: sent.split(".")[0] ?? "" });
    expect(await waiting.welcome()).toMatchObject({ user: "ann" });
  });

  it("settings that WeChat does not know, which the log tells as an error", async () => {
    wechat.apps.wxfirst = "another";
    const waiting = client(login("ann.10"), { back: true });
    await until(() => refusals().length > 0);
    expect(refusals()[0]).toMatchObject({
      level: "error",
      code: "internal",
      cause: "WeChat: errcode 40125 for the app wxfirst; see TIDEGATE_WECHAT_APPS",
    });
    wechat.apps.wxfirst = secrets.wxfirst;
    expect(await waiting.welcome()).toMatchObject({ user: "ann" });
  });

  it("too many codes from one address", async () => {
    const limited = await start({ TIDEGATE_WECHAT_LOGIN_RATE: "2" });
    const { url } = limited;
    await Promise.all(["ann.11", "bob.11"].map((code) => client(login(code), { url }).welcome()));
    const third = client(login("cai.11"), { url });
    await until(() => refusals().length > 0);
    expect(refusals()).toMatchObject([{ code: "rate_limited" }]);
    expect(third.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
    expect(wechat.requests).toHaveLength(2);
    await limited.stop();
  });
});

describe("a login", () => {
  it("leaves the secrets where they are", async () => {
    wechat.answer = () => ({ openid: "ann", unionid: "u-ann" });
    const told: unknown[] = [];
    const ann = client(login("planted-code.12"));
    ann.socket.onAny((...event) => told.push(event));
    await ann.welcome();
    for (const errcode of [40029, 40125, 40163, 45011]) {
      wechat.answer = () => ({ errcode });
      const seen = refusals().length;
      const refused = client(login("planted-code.13"));
      await until(() => refusals().length > seen);
      told.push(refused.refusals);
    }
    const metrics = await (await fetch(`${gateway.api}/metrics`)).text();
    const { body } = await gateway.call("GET", "/v1/connections?user=ann");
    expect(body.connections).toHaveLength(1);
    const shown = [...lines, metrics, JSON.stringify([told, body])].join("\n");
    expect(wechat.requests).toHaveLength(5);
    for (const secret of [sessionKey, ...Object.values(secrets), "planted-code"]) {
      expect(shown).not.toContain(secret);
    }
  });

  it("does not bring back whom a backend keeps out for a time", async () => {
    wechat.answer = () => ({ openid: "kept-out" });
    await client(login("kept-out.1")).welcome();
    expect((await gateway.call("POST", "/v1/revoke", { user: "kept-out", for: "1h" })).status).toBe(200);
    const again = client(login("kept-out.2"));
    await until(() => again.refusals.length > 0);
    expect(again.refusals[0]).toMatchObject({ code: "unauthorized" });
  });

  it("is by the unionid where that is asked for", async () => {
    const joined = await start({ TIDEGATE_WECHAT_UNIONID: "true" });
    wechat.answer = () => ({ openid: "o-ann", unionid: "u-ann" });
    expect(await client(login("ann.14"), { url: joined.url }).welcome()).toMatchObject({ user: "u-ann" });
    await joined.stop();
  });

  it("is refused where no app is set up", async () => {
    const plain = await startGateway({ log: (line) => lines.push(line) });
    const refused = client(login("ann.15"), { url: plain.url });
    await until(() => refused.refusals.length > 0);
    expect(refused.refusals).toMatchObject([{ code: "unauthorized" }]);
    expect(refusals()).toMatchObject([{ cause: "login by code is not set up" }]);
    await plain.stop();
  });
});
