import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import type { ConnectOptions, Host, State, Tide, TideError } from "../src/index.ts";
import { internet, MemoryNetwork, type PhoneOptions } from "../testing/index.ts";
import { appLog } from "./support/app-log.ts";
import { type App, addressOf, startApp, stopApps } from "./support/apps.ts";
import { ScriptedGateway } from "./support/scripted-gateway.ts";
import { turn, until } from "./support/waiting.ts";

afterEach(stopApps);

const url = "wss://gateway.test";

type Told = { state: State; code: string | undefined; message: string | undefined };

/** The states that a client goes through, each with its reason. */
function follow(tide: Tide): Told[] {
  const told: Told[] = [];
  tide.on("state", (state, reason) => {
    expect(tide.reason).toBe(reason);
    told.push({ state, code: reason?.code, message: reason?.message });
  });
  return told;
}

/** A platform on which `connectSocket` fails with these words, until they are taken away. */
function failingHost(wx: Host, failure: { words: string | undefined }): Host {
  const connectSocket: Host["connectSocket"] = (options) => {
    if (failure.words === undefined) return wx.connectSocket(options);
    options.fail({ errMsg: failure.words });
    return undefined;
  };
  return Object.assign(Object.create(wx), wx, { connectSocket }) as Host;
}

describe("why it is offline", () => {
  it.each([
    ["connectSocket:fail url not in domain list", false],
    ["connectSocket:fail wss://rt.example.com 不在以下 socket 合法域名列表中", false],
    ["createSocketTask:fail wcwss taskID=9 exceed max concurrent count", true],
    ["exception onOpen fail code:8, msg:TLS handshake failed", true],
  ])("is told in the platform's words: %s", async (words, retryable) => {
    const gateway = new ScriptedGateway();
    const failure: { words: string | undefined } = { words };
    const phone = startApp(`${url}/unused`, {}, { network: gateway.network }).phone;
    const { tide, clock } = startApp(url, { host: failingHost(phone.wx, failure) });
    const told = follow(tide);
    await until(() => told.length >= 3, clock);
    const cause = { code: "unavailable", message: words };
    expect(told.slice(0, 3)).toEqual([
      { state: "offline", ...cause },
      { state: "connecting", ...cause },
      { state: "offline", ...cause },
    ]);
    expect(tide.reason).toMatchObject({ name: "TideError", retryable });
    failure.words = undefined;
    await until(() => tide.state === "online", clock);
    expect(tide.reason).toBeUndefined();
    expect(told.at(-1)).toEqual({ state: "online", code: undefined, message: undefined });
  });

  const words = (error: string): Pick<PhoneOptions, "network"> => ({
    network: new MemoryNetwork((peer) => peer.refuse(error)).connect,
  });

  it.each<[string, ConnectOptions, Pick<PhoneOptions, "network">, (app: App) => void, Partial<TideError>]>([
    [
      "an error event of the socket",
      {},
      words("request:fail network unreachable"),
      () => {},
      { code: "unavailable", message: "request:fail network unreachable", retryable: true },
    ],
    [
      "a login that fails",
      { login: "wechat" },
      {},
      ({ phone }) => {
        phone.failLogin = true;
      },
      { code: "unavailable", message: "login:fail", retryable: true },
    ],
    [
      "a token that could not be fetched",
      { token: () => Promise.reject({ errMsg: "request:fail timeout" }) },
      {},
      () => {},
      { code: "unavailable", message: "request:fail timeout", retryable: true },
    ],
    [
      "a network that is away",
      {},
      {},
      ({ phone }) => phone.changeNetwork("none"),
      { code: "unavailable", message: "The platform says that there is no network.", retryable: true },
    ],
    [
      "a gateway that does not answer",
      {},
      { network: new MemoryNetwork().connect },
      () => {},
      { code: "timeout", message: "The gateway did not answer in time.", retryable: true },
    ],
    [
      "a server that is none",
      {},
      {
        network: new MemoryNetwork((peer) => {
          peer.accept();
          peer.send("hello");
        }).connect,
      },
      () => {},
      { code: "unavailable", message: "The server sent a wrong opening.", retryable: true },
    ],
  ])("%s", async (_name, options, phoneOptions, happen, reason) => {
    const app = startApp(url, options, phoneOptions);
    happen(app);
    await until(() => app.tide.reason !== undefined, app.clock, 100);
    expect(app.tide.reason).toMatchObject(reason);
  });

  it("a mistake in the function `token` is the reason, and in the app's log", async () => {
    const mistakes = appLog();
    const token = () => (undefined as unknown as { text: string }).text;
    const { tide } = startApp(url, { token });
    await until(() => tide.state === "offline" && mistakes.length === 1);
    expect(mistakes[0]).toBeInstanceOf(TypeError);
    expect(tide.reason?.message).toContain("Cannot read properties of undefined");
  });

  it("a function `token` that gives no text is refused after a second try", async () => {
    const { tide } = startApp(url, { token: () => undefined as unknown as string });
    await until(() => tide.state === "refused");
    expect(tide.reason).toMatchObject({
      code: "unauthorized",
      message: "The function `token` gave no text.",
    });
  });

  it("is the gateway's word where it said goodbye", async () => {
    const gateway = new ScriptedGateway();
    const { tide } = startApp(url, {}, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.emit("goodbye", { code: "draining", reconnect: true, after: 8_000 });
    gateway.peer.close();
    await until(() => tide.state === "offline");
    expect(tide.reason).toMatchObject({ code: "draining", retryable: true, after: 8_000 });
  });

  it("is how the connection broke", async () => {
    const gateway = new ScriptedGateway();
    const { tide } = startApp(url, {}, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.peer.close(1006, "abnormal closure");
    await until(() => tide.state === "offline");
    expect(tide.reason?.message).toBe("code 1006, abnormal closure");
  });

  it("is that the connection went silent, while it is made anew", async () => {
    const gateway = new ScriptedGateway();
    const { tide, phone, clock } = startApp(url, {}, { network: gateway.network });
    await until(() => tide.state === "online");
    const told = follow(tide);
    phone.breakSockets();
    clock.advance(40_000);
    await until(() => tide.state === "online" && told.length >= 2, clock);
    expect(told[0]).toEqual({
      state: "connecting",
      code: "timeout",
      message: "The connection has gone silent.",
    });
  });

  it("is nothing while the app is hidden, and after the end", async () => {
    const { tide, phone } = startApp(url, {}, words("request:fail"));
    await until(() => tide.reason !== undefined);
    phone.hide();
    expect([tide.state, tide.reason]).toEqual(["suspended", undefined]);
    phone.show();
    await until(() => tide.reason !== undefined);
    tide.close();
    expect([tide.state, tide.reason]).toEqual(["offline", undefined]);
  });

  it("does not keep publications from waiting", async () => {
    const gateway = new ScriptedGateway();
    const failure: { words: string | undefined } = { words: "connectSocket:fail" };
    const phone = startApp(`${url}/unused`, {}, { network: gateway.network }).phone;
    const { tide, clock } = startApp(url, { host: failingHost(phone.wx, failure) });
    await until(() => tide.reason !== undefined);
    const published = tide.publish("chat:1", "x");
    failure.words = undefined;
    await until(() => tide.state === "online", clock);
    expect(await published).toMatchObject({ id: expect.any(String) });
  });
});

describe("a real gateway", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  it("at another path is reported in the platform's words", async () => {
    const { tide } = startApp(addressOf(gateway), { path: "/elsewhere" }, { network: internet });
    await until(() => tide.state === "offline");
    expect(tide.reason).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("HTTP status"),
    });
  });

  it("that is gone is reported", async () => {
    const { tide } = startApp("ws://127.0.0.1:1", {}, { network: internet });
    await until(() => tide.state === "offline");
    await turn();
    expect(tide.reason).toMatchObject({ code: "unavailable", retryable: true });
  });
});
