import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../src/index.ts";
import { Phone } from "../testing/index.ts";
import { startApp, stopApps } from "./support/apps.ts";
import { ScriptedGateway } from "./support/scripted-gateway.ts";
import { until } from "./support/waiting.ts";

afterEach(stopApps);

const host = { connectSocket() {} };

describe("connect refuses", () => {
  it.each([
    ["no scheme", "rt.example.com"],
    ["another scheme", "tcp://rt.example.com"],
    ["no host", "wss://"],
    ["a path for a host", "wss:///socket.io"],
    ["nothing", undefined],
    ["a number", 5],
    ["an object", { url: "wss://rt.example.com" }],
  ])("an address with %s", (_name, url) => {
    expect(() => connect(url as string, { host })).toThrow(
      expect.objectContaining({
        name: "TideError",
        code: "bad_request",
        message: expect.stringContaining("wss://"),
      }),
    );
  });

  it.each<[object, string]>([
    [{ tokn: "t" }, "there is no option `tokn`"],
    [{ toString: 1 }, "there is no option `toString`"],
    [{ login: "weixin" }, '`login` is the text "wechat"'],
    [{ token: 42 }, "`token` is a text or a function that fetches one"],
    [{ token: null }, "`token` is a text or a function that fetches one"],
    [{ auth: "session" }, "`auth` is an object or a function that fetches one"],
    [{ host: {} }, "`host` is the platform's object, with its `connectSocket`"],
    [{ host: "wx" }, "`host` is the platform's object, with its `connectSocket`"],
    [{ host: null }, "`host` is the platform's object, with its `connectSocket`"],
    [{ io: {} }, "`io` is a function, as socket.io-client's `io`"],
    [{ path: 1 }, "`path` is a text"],
    [{ storage: 1 }, "`storage` is true or a text"],
    [{ outbox: 100 }, "`outbox` is an object of the numbers `size`, `age` and `bytes`"],
    [{ outbox: { sise: 100 } }, "`outbox` is an object of the numbers `size`, `age` and `bytes`"],
    [{ outbox: { size: "100" } }, "`outbox` is an object of the numbers `size`, `age` and `bytes`"],
    [{ log: console }, "`log` is a function"],
    [{ clock: 1 }, "`clock` is an object"],
  ])("the options %o", (options, message) => {
    expect(() => connect("wss://rt.example.com", { host, ...options } as ConnectOptions)).toThrow(
      expect.objectContaining({ code: "bad_request", message: `connect(): ${message}.` }),
    );
  });

  it.each([null, "wss", 5])("options that are %s", (options) => {
    expect(() => connect("wss://rt.example.com", options as unknown as ConnectOptions)).toThrow("options");
  });
});

describe("connect takes", () => {
  it.each([
    "ws://gateway.test",
    "WSS://gateway.test",
    "https://gateway.test",
    "wss://gateway.test:443/x?y#z",
  ])("%s", async (url) => {
    const { tide } = startApp(url, {}, { network: new ScriptedGateway().network });
    await until(() => tide.state === "online");
  });

  it("options that are undefined for absent", () => {
    const absent = undefined;
    const options = { host: new Phone().wx, login: absent, token: absent, path: absent, storage: absent };
    connect("wss://gateway.test", {
      ...options,
      outbox: { size: 5 },
      log: absent,
      clock: absent,
      io: absent,
    }).close();
  });
});

describe("connect gives one client for", () => {
  it.each([
    ["a slash at the end", "wss://gateway.test/"],
    ["a path", "wss://gateway.test/chat#top"],
    ["upper case", "WSS://Gateway.Test"],
    ["the usual port", "wss://gateway.test:443"],
    ["the scheme of pages", "https://gateway.test"],
  ])("the same address with %s", (_name, url) => {
    const options = { host: new Phone().wx };
    const tide = connect("wss://gateway.test", options);
    expect(connect(url, options)).toBe(tide);
    tide.close();
    const next = connect(url, options);
    expect(next).not.toBe(tide);
    expect(connect("wss://gateway.test", options)).toBe(next);
    next.close();
  });

  it.each([
    ["host", "wss://other.test"],
    ["port", "wss://gateway.test:80"],
    ["scheme", "ws://gateway.test"],
    ["query", "wss://gateway.test/?tenant=2"],
    ["password", "wss://A:b@gateway.test"],
  ])("each %s", (_name, url) => {
    const options = { host: new Phone().wx };
    const [one, other] = [connect("wss://gateway.test", options), connect(url, options)];
    expect(other).not.toBe(one);
    one.close();
    other.close();
  });
});

it("positions are found again whether the address ends with a slash or not", () => {
  const phone = new Phone();
  const keys: unknown[] = [];
  const host = { ...phone.wx, getStorageSync: (key: unknown) => void keys.push(key) };
  for (const url of ["wss://gateway.test", "wss://gateway.test/"])
    connect(url, { host, storage: true }).close();
  expect(keys).toEqual(["tidegate:wss://gateway.test", "tidegate:wss://gateway.test"]);
});
