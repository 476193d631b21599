import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { WeChatStandIn } from "../../../gateway/test/support/wechat.ts";
import { ManualClock, type PhoneOptions } from "../../testing/index.ts";
import { addressOf, numbers, publishAll, record, startApp, stopApps } from "../support/apps.ts";
import { until } from "../support/waiting.ts";

const day = 86_400_000;
const env = { TIDEGATE_TOKEN_SECRET: "first-secret-first-secret-first-secret" };

let wechat: WeChatStandIn;
let clock: ManualClock;
let gateway: Gateway;
beforeAll(async () => {
  wechat = await WeChatStandIn.start({ wxfirst: "secret-one", wxsecond: "secret-two" });
});
beforeEach(async () => {
  clock = new ManualClock();
  wechat.requests.splice(0);
  wechat.answer = () => ({ openid: "ann" });
  gateway = await start();
});
afterEach(async () => {
  stopApps();
  await gateway.stop();
});
afterAll(() => wechat.stop());

function start(more: Record<string, string> = {}): Promise<Gateway> {
  return startGateway({ env: { ...wechat.env, ...env, ...more }, now: () => clock.now() });
}

function logIn(options: Pick<PhoneOptions, "appId"> = {}) {
  return startApp(addressOf(gateway), { login: "wechat" }, { clock, ...options });
}

/** Another process takes the gateway's place, with none of its memory. */
async function restart(more: Record<string, string> = {}): Promise<void> {
  const { port } = gateway;
  await gateway.stop();
  gateway = await start({ TIDEGATE_PORT: String(port), ...more });
}

describe("a user of WeChat", () => {
  it("is logged in with one code, and comes back with the token that it gave", async () => {
    const { phone, tide } = logIn();
    const room = tide.channel<string>("chat:login");
    await room.publish("first");
    expect(tide.user).toBe("ann");
    phone.abortSockets();
    await until(() => tide.state === "offline");
    await until(() => tide.state === "online", clock);
    await restart();
    await until(() => tide.state === "offline");
    await until(() => tide.state === "online", clock);
    expect(phone.codes).toEqual(["code-1"]);
    expect(wechat.requests).toMatchObject([{ appid: "wxfirst", secret: "secret-one", code: "code-1" }]);
  });

  it("is known by the mini-program that it uses", async () => {
    const { tide } = logIn({ appId: "wxsecond" });
    await until(() => tide.state === "online");
    expect(wechat.requests).toMatchObject([{ appid: "wxsecond", secret: "secret-two" }]);
  });

  it("is logged in again before the token ends, and misses nothing", async () => {
    await gateway.stop();
    gateway = await startGateway({ env: { ...wechat.env, TIDEGATE_WECHAT_TOKEN_LIFETIME: "6s" } });
    const { phone, tide, states } = logIn();
    const room = tide.channel<number>("chat:renewal");
    const seen = record(room);
    await room.publish(0);
    for (let codes = 1; codes <= 3; codes += 1) {
      await until(() => phone.codes.length === codes);
      await publishAll(gateway, "chat:renewal", numbers(3 * codes - 2, 3 * codes));
      await until(() => seen.length === 3 * codes + 1);
    }
    expect(seen).toEqual(numbers(0, 9));
    expect(states).toEqual(["online", "connecting", "online", "connecting", "online"]);
    expect(wechat.requests.map(({ code }) => code)).toEqual(["code-1", "code-2", "code-3"]);
    await until(() => phone.sockets === 1);
    expect(await gateway.metric("tidegate_connections_closed_total", 'reason="token_expired"')).toBe(0);
  });

  it("is logged in again on return, where the token ended in the background", async () => {
    const { phone, tide } = logIn();
    await until(() => tide.state === "online");
    phone.hide();
    clock.advance(2 * day);
    phone.show();
    await until(() => tide.state === "online" && wechat.requests.length === 2);
    expect(phone.codes).toHaveLength(2);
    expect(await gateway.metric("tidegate_refusals_total")).toBe(0);
  });
});

describe("a token that the gateway refuses", () => {
  const otherSecret = { TIDEGATE_TOKEN_SECRET: "other-secret-other-secret-other-secret" };

  it("is replaced by one more login", async () => {
    const { phone, tide } = logIn();
    await until(() => tide.state === "online");
    await restart(otherSecret);
    await until(() => tide.state === "online" && phone.codes.length === 2, clock);
    expect(await gateway.metric("tidegate_refusals_total", 'code="unauthorized"')).toBe(1);
    expect(tide.user).toBe("ann");
  });

  it("is the end where that login is refused too", async () => {
    const { phone, tide } = logIn();
    await until(() => tide.state === "online");
    await restart(otherSecret);
    wechat.answer = () => ({ errcode: 40029 });
    await until(() => tide.state === "refused", clock);
    clock.advance(day);
    await until(() => tide.state === "refused");
    expect(tide.reason?.code).toBe("unauthorized");
    expect(phone.codes).toHaveLength(2);
    expect(await gateway.metric("tidegate_refusals_total")).toBe(2);
  });
});

describe("a login", () => {
  it("of a user whom WeChat blocks is the end", async () => {
    wechat.answer = () => ({ errcode: 40226 });
    const { phone, tide } = logIn();
    await until(() => tide.state === "refused");
    expect(tide.reason?.code).toBe("forbidden");
    expect(phone.codes).toHaveLength(1);
  });

  it("is tried again, each time with another code, while WeChat is not there", async () => {
    wechat.answer = () => ({ status: 503 });
    const { phone, tide } = logIn();
    await until(() => wechat.requests.length === 3, clock);
    wechat.answer = () => ({ openid: "ann" });
    await until(() => tide.state === "online", clock);
    const codes = wechat.requests.map(({ code }) => code);
    expect(codes).toEqual(phone.codes.slice(0, codes.length));
    expect(new Set(codes).size).toBe(codes.length);
  });
});
