import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AddressLimit } from "../../src/auth/address-limit.ts";
import { CodeExchange } from "../../src/auth/code-exchange.ts";
import { Semaphore } from "../../src/auth/semaphore.ts";
import { WeChatLogin, type WeChatLoginOptions } from "../../src/auth/wechat.ts";
import type { ErrorCode, Failure } from "../../src/errors.ts";
import { sessionKey, type WeChatAnswer, WeChatStandIn } from "../support/wechat.ts";
import { failure, tokensWith } from "./settings.ts";

const lifetime = 3_600_000;
let wechat: WeChatStandIn;
let serial = 0;

beforeAll(async () => {
  wechat = await WeChatStandIn.start({ wxfirst: "secret-of-first", wxsecond: "secret-of-second" });
});
afterEach(() => {
  wechat.answer = () => undefined;
  wechat.requests.splice(0);
  wechat.gate = Promise.resolve();
});
afterAll(() => wechat.stop());

async function createLogin(options: Partial<WeChatLoginOptions> & { url?: string; atOnce?: number } = {}) {
  const { url = wechat.url, atOnce = 4, ...others } = options;
  const tokens = await tokensWith();
  const login = new WeChatLogin({
    apps: Object.entries(wechat.apps).map(([id, secret]) => ({ id, secret })),
    exchange: new CodeExchange({ url, semaphore: new Semaphore({ atOnce, queue: 20 }) }),
    limit: new AddressLimit(0, Date.now),
    unionid: false,
    lifetime,
    tokens,
    ...others,
  });
  return { login, tokens };
}

function code(user = "ann"): string {
  serial += 1;
  return `${user}.${serial}`;
}

async function refusal(answer: WeChatAnswer, expected: ErrorCode): Promise<Failure> {
  wechat.answer = () => answer;
  const { login } = await createLogin();
  return failure(login.token({ code: code(), app: undefined }, "1.2.3.4"), expected);
}

describe("a login code", () => {
  it("becomes a token of the gateway's own for the openid", async () => {
    const { login, tokens } = await createLogin();
    const [first, second] = [code(), code()];
    const claims = await tokens.verify(await login.token({ code: first, app: undefined }, "1.2.3.4"));
    expect(claims).toMatchObject({ user: "ann", channels: [], allow: [] });
    expect(claims.expiresAt - claims.issuedAt * 1_000).toBe(lifetime);
    await login.token({ code: second, app: "wxsecond" }, "1.2.3.4");
    const path = "/sns/jscode2session";
    const grant = "authorization_code";
    expect(wechat.requests).toEqual([
      { path, appid: "wxfirst", secret: "secret-of-first", code: first, grant },
      { path, appid: "wxsecond", secret: "secret-of-second", code: second, grant },
    ]);
  });

  it.each([
    [true, { openid: "o-1", unionid: "u-1" }, "u-1"],
    [true, { openid: "o-1" }, "o-1"],
    [false, { openid: "o-1", unionid: "u-1" }, "o-1"],
  ])("is the unionid's where that is asked for (%s) and there is one: %o", async (unionid, answer, user) => {
    wechat.answer = () => answer;
    const { login, tokens } = await createLogin({ unionid });
    expect(await tokens.verify(await login.token({ code: code(), app: undefined }, ""))).toMatchObject({
      user,
    });
  });

  it("of an app that is not set up asks nobody", async () => {
    const { login } = await createLogin();
    await failure(login.token({ code: code(), app: "wxthird" }, ""), "unauthorized");
    expect(wechat.requests).toEqual([]);
  });

  it("is put into the address as it is, whatever its characters", async () => {
    const { login } = await createLogin();
    const odd = "ann&appid=wxsecond#%2f é.1";
    await login.token({ code: odd, app: undefined }, "").catch(() => {});
    expect(wechat.requests).toMatchObject([{ appid: "wxfirst", code: odd }]);
  });

  it("is exchanged below the path of a stand-in's address", async () => {
    const { login } = await createLogin({ url: `${wechat.url}/wechat` });
    await login.token({ code: code(), app: undefined }, "");
    expect(wechat.requests[0]?.path).toBe("/wechat/sns/jscode2session");
  });
});

describe("WeChat's answer", () => {
  it.each<[number, ErrorCode]>([
    [40029, "unauthorized"],
    [40163, "unauthorized"],
    [45011, "rate_limited"],
    [40226, "forbidden"],
    [40013, "internal"],
    [40125, "internal"],
    [41002, "internal"],
    [41004, "internal"],
    [41008, "internal"],
    [48001, "internal"],
  ])("%i is `%s`, asked once, and told to the log with its number", async (errcode, expected) => {
    const { cause } = await refusal({ errcode }, expected);
    expect(wechat.requests).toHaveLength(1);
    expect(cause).toContain(`errcode ${errcode} for the app wxfirst`);
  });

  it("-1 is asked again", async () => {
    const answers = [{ errcode: -1 }, { errcode: -1 }, { openid: "ann" }];
    wechat.answer = () => answers.shift();
    const { login, tokens } = await createLogin();
    const token = await login.token({ code: code(), app: undefined }, "");
    expect(await tokens.verify(token)).toMatchObject({ user: "ann" });
    expect(wechat.requests).toHaveLength(3);
  });

  it("-1 for good is `unavailable`", async () => {
    await refusal({ errcode: -1 }, "unavailable");
    expect(wechat.requests).toHaveLength(3);
  });

  it.each<[string, WeChatAnswer, ErrorCode]>([
    ["an error of HTTP", { status: 502 }, "unavailable"],
    ["a redirect", { status: 302 }, "unavailable"],
    ["a cut connection", "reset", "unavailable"],
    ["no JSON", { text: "<html>" }, "internal"],
    ["a list", { text: "[]" }, "internal"],
    ["no openid", { text: `{"session_key":"${sessionKey}"}` }, "internal"],
    ["an openid that is no user id", { openid: "anon:1" }, "internal"],
  ])("%s is no login", async (_name, answer, expected) => {
    const { cause } = await refusal(answer, expected);
    expect(wechat.requests).toHaveLength(1);
    expect(cause).toMatch(/^WeChat: /);
    expect(cause).not.toContain("secret-of-first");
    expect(cause).not.toContain(sessionKey);
  });

  it("that does not come is `unavailable`, for those who wait their turn too", async () => {
    wechat.answer = () => "silence";
    const { login } = await createLogin({ atOnce: 1 });
    const both = [code(), code()].map((one) =>
      failure(login.token({ code: one, app: undefined }, ""), "unavailable"),
    );
    const failures = await Promise.all(both);
    expect(failures.map(({ cause }) => cause)).toEqual(Array(2).fill("WeChat: no answer in time"));
    expect(wechat.requests).toHaveLength(1);
  });

  it("of nobody at all is `unavailable`", async () => {
    const gone = await WeChatStandIn.start({});
    const { url } = gone;
    await gone.stop();
    const { login } = await createLogin({ url });
    const { cause } = await failure(login.token({ code: code(), app: undefined }, ""), "unavailable");
    expect(cause).toBe("WeChat: cannot be reached (ECONNREFUSED)");
  });
});

describe("many codes at once", () => {
  it("are exchanged a bounded number at a time, all of them", async () => {
    const { login, tokens } = await createLogin({ atOnce: 4 });
    const { promise, resolve } = Promise.withResolvers();
    wechat.gate = promise;
    const users = Array.from({ length: 24 }, (_, index) => `user-${index}`);
    const all = Promise.all(users.map((user) => login.token({ code: code(user), app: undefined }, "")));
    await vi.waitUntil(() => wechat.requests.length === 4);
    await new Promise((done) => setTimeout(done, 50));
    expect(wechat.requests).toHaveLength(4);
    resolve(undefined);
    const claims = await Promise.all((await all).map((token) => tokens.verify(token)));
    expect(claims.map(({ user }) => user)).toEqual(users);
  });

  it("of one address are `rate_limited`, and WeChat is not asked", async () => {
    const { login } = await createLogin({ limit: new AddressLimit(2, () => 0) });
    const from = (address: string) => login.token({ code: code(), app: undefined }, address);
    await Promise.all([from("1.2.3.4"), from("1.2.3.4"), from("5.6.7.8")]);
    await failure(from("1.2.3.4"), "rate_limited");
    expect(wechat.requests).toHaveLength(3);
  });
});
