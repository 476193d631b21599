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
