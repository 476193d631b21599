import { afterEach, describe, expect, it } from "vitest";
import { type ManualClock, Phone } from "../../testing/index.ts";
import { appLog } from "../support/app-log.ts";
import { startApp, stopApps } from "../support/apps.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

afterEach(stopApps);

const url = "wss://gateway.test";
const hour = 3_600_000;
const refusal = (code: string) => ({ refusal: { code, message: code, retryable: false } });
const issued = (token: string, expiresAt = Date.now() + hour) => ({
  welcome: { token, time: Date.now(), expiresAt },
});

describe("wx.login", () => {
  it("gives the code for the first handshake, and the issued token serves the next", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [issued("token-1")];
    const { phone, clock, tide } = startApp(url, { login: "wechat" }, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && tide.state === "online", clock);
    expect(gateway.handshakes).toMatchObject([{ code: "code-1", platform: "wechat" }, { token: "token-1" }]);
    expect(phone.codes).toHaveLength(1);
  });

  it("is asked again before the token expires, and a code is used once", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [issued("token-1"), issued("token-2")];
    const { phone, tide } = startApp(url, { login: "wechat" }, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.emit("expiring", { expiresAt: Date.now() + 1_000 });
    gateway.emit("expiring", { expiresAt: Date.now() + 1_000 });
    await until(() => gateway.handshakes.length === 2 && tide.state === "online");
    expect(gateway.handshakes[1]).toMatchObject({ code: "code-2", platform: "wechat" });
    expect(phone.codes).toHaveLength(2);
    await until(() => phone.sockets === 1);
  });

  it("is tried again when it fails", async () => {
    const gateway = new ScriptedGateway();
    const app = startApp(url, { login: "wechat" }, { network: gateway.network });
    app.phone.failLogin = true;
    await until(() => app.tide.state === "offline");
    app.phone.failLogin = false;
    await until(() => app.tide.state === "online", app.clock);
    expect(gateway.handshakes).toHaveLength(1);
  });

  it.each<[string, (phone: Phone, clock: ManualClock) => void]>([
    [
      "after a long absence",
      (phone, clock) => {
        phone.hide();
        clock.advance(7_000);
        phone.show();
      },
    ],
    ["on another network", (phone) => phone.changeNetwork("4g")],
    [
      "when the network returns",
      (phone) => {
        phone.changeNetwork("none");
        phone.changeNetwork("wifi");
      },
    ],
  ])("that never answers holds nothing up %s", async (_name, wake) => {
    const gateway = new ScriptedGateway();
    const late: ((token: string) => void)[] = [];
    const token = () => {
      if (late.length > 0) return "second";
      return new Promise<string>((resolve) => late.push(resolve));
    };
    const { phone, clock, tide } = startApp(url, { token }, { network: gateway.network });
    await until(() => late.length === 1);
    wake(phone, clock);
    await until(() => tide.state === "online", clock);
    // What comes after all does not take the place of what was let in.
    late[0]?.("first");
    await turn();
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && tide.state === "online", clock);
    expect(gateway.handshakes).toMatchObject([{ token: "second" }, { token: "second" }]);
  });

  it("is asked again on return, where the token was about to end in the background", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [issued("token-1"), issued("token-2")];
    const { phone, clock, tide } = startApp(url, { login: "wechat" }, { network: gateway.network });
    await until(() => tide.state === "online");
    phone.hide();
    gateway.emit("expiring", { expiresAt: Date.now() + 1_000 });
    await turn();
    expect([tide.state, phone.sockets, phone.codes.length]).toEqual(["suspended", 1, 1]);
    clock.advance(1_000);
    phone.show();
    await until(() => gateway.handshakes.length === 2 && tide.state === "online");
    expect(gateway.handshakes[1]).toMatchObject({ code: "code-2" });
  });

  it("that was under way when the app was hidden keeps the socket", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [issued("token-1"), issued("token-2")];
    const phone = new Phone({ network: gateway.network });
    const late: (() => void)[] = [];
    type Login = Parameters<typeof phone.wx.login>[0];
    const login = ({ success, fail }: Login) =>
      phone.wx.login({
        success: (result) =>
          result.code === "code-2" ? late.push(() => success?.(result)) : success?.(result),
        ...(fail && { fail }),
      });
    const host = Object.assign(Object.create(phone.wx), phone.wx, { login });
    const app = startApp(url, { login: "wechat", host }, { network: gateway.network });
    await until(() => app.tide.state === "online");
    gateway.emit("expiring", { expiresAt: Date.now() + 1_000 });
    await until(() => late.length === 1);
    app.tide.suspend();
    late[0]?.();
    await turn();
    expect([app.tide.state, gateway.open, gateway.handshakes.length]).toEqual(["suspended", 1, 1]);
    app.tide.resume();
    await until(() => gateway.handshakes.length === 2 && app.tide.state === "online");
    // It was not sent yet, so it is as good as a new one.
    expect(gateway.handshakes[1]).toMatchObject({ code: "code-2" });
    phone.turnOff();
  });

  it.each([
    ["without `miniProgram`", () => ({})],
    [
      "that throws",
      () => {
        throw new Error("getAccountInfoSync:fail");
      },
    ],
  ])("goes on where the host has an account info %s", async (_name, getAccountInfoSync) => {
    const gateway = new ScriptedGateway();
    const { phone } = startApp(`${url}/unused`, {}, { network: gateway.network });
    const host = Object.assign(Object.create(phone.wx), phone.wx, { getAccountInfoSync });
    const { tide } = startApp(url, { login: "wechat", host }, { network: gateway.network });
    await until(() => tide.state === "online");
    expect(gateway.handshakes.at(-1)).toMatchObject({ code: "code-1", platform: "wechat" });
  });

  it("on a host without login says so", async () => {
    const { connectSocket } = startApp(url, {}, { network: new ScriptedGateway().network }).phone.wx;
    const { tide } = startApp(`${url}/other`, { login: "wechat", host: { connectSocket } });
    await until(() => tide.state === "refused");
    expect(tide.reason?.code).toBe("bad_request");
  });
});

describe("a refused token", () => {
  it.each(["unauthorized", "token_expired"])("%s logs in once more, then goes on", async (code) => {
    const gateway = new ScriptedGateway();
    gateway.answers = [refusal(code), { welcome: {} }];
    let calls = 0;
    const token = () => `token-${++calls}`;
    const { tide, states } = startApp(url, { token }, { network: gateway.network });
    await until(() => tide.state === "online");
    expect(gateway.handshakes).toMatchObject([{ token: "token-1" }, { token: "token-2" }]);
    expect(states).toEqual(["online"]);
  });

  it("stops at the second refusal, with the reason, and does not loop", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [refusal("unauthorized")];
    const { clock, tide } = startApp(url, { login: "wechat" }, { network: gateway.network });
    const waiting = tide.publish("chat:1", "x");
    await expect(waiting).rejects.toMatchObject({ code: "unauthorized" });
    await until(() => tide.state === "refused");
    clock.advance(hour);
    await turn(10);
    expect(tide.reason?.code).toBe("unauthorized");
    expect(gateway.handshakes).toHaveLength(2);
    await expect(tide.publish("chat:1", "x")).rejects.toBeInstanceOf(Error);
  });

  it("is not one that waited while the app was away: that is fetched anew", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [refusal("token_expired"), "close", { welcome: {} }];
    let calls = 0;
    const token = () => `token-${++calls}`;
    const { phone, clock, tide } = startApp(url, { token }, { network: gateway.network });
    await until(() => tide.state === "offline");
    phone.hide();
    clock.advance(29 * 60_000);
    phone.show();
    await until(() => tide.state === "online");
    expect(gateway.handshakes.map((handshake) => handshake.token)).toEqual(["token-1", "token-2", "token-3"]);
  });

  it("that no handshake was answered for serves the next attempts", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = ["close", "close", { welcome: {} }];
    let calls = 0;
    const token = () => `token-${++calls}`;
    const { clock, tide } = startApp(url, { token }, { network: gateway.network });
    await until(() => tide.state === "online", clock);
    expect(gateway.handshakes).toHaveLength(3);
    expect(calls).toBe(1);
  });

  it("that is a fixed text stops at once", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [refusal("unauthorized")];
    const { tide } = startApp(url, { token: "fixed" }, { network: gateway.network });
    await until(() => tide.state === "refused");
    expect(gateway.handshakes).toHaveLength(1);
  });

  it("forbidden is not a matter of the token", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [refusal("forbidden")];
    const { tide } = startApp(url, { token: () => "token" }, { network: gateway.network });
    await until(() => tide.state === "refused");
    expect(gateway.handshakes).toHaveLength(1);
  });
});

describe("a token function", () => {
  it("is called once for all that need a token, and refreshes the open connection", async () => {
    const gateway = new ScriptedGateway();
    gateway.reply = (event) => ({
      ok: true,
      ...(event === "refresh" ? { expiresAt: Date.now() + hour } : {}),
    });
    let calls = 0;
    const token = async () => {
      await turn();
      return `token-${++calls}`;
    };
    const { tide } = startApp(url, { token }, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.emit("expiring", { expiresAt: Date.now() });
    gateway.emit("expiring", { expiresAt: Date.now() });
    await until(() => gateway.requests.some(({ event }) => event === "refresh"));
    await turn(10);
    expect(calls).toBe(2);
    expect(gateway.requests[0]).toEqual({ event: "refresh", payload: { token: "token-2" } });
    expect(gateway.handshakes).toHaveLength(1);
  });

  it("is asked for a new token when the session ended with the old one", async () => {
    const gateway = new ScriptedGateway();
    let calls = 0;
    const { tide } = startApp(url, { token: () => `token-${++calls}` }, { network: gateway.network });
    await until(() => tide.state === "online");
    gateway.emit("goodbye", { code: "token_expired", reconnect: true });
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && tide.state === "online");
    expect(gateway.handshakes[1]).toMatchObject({ token: "token-2" });
  });

  it("that fails is asked again, whatever it fails with; what is no failure of a request is in the app's log", async () => {
    const gateway = new ScriptedGateway();
    const failures: unknown[] = [
      Object.assign(new Error("Network Error"), { code: "ERR_NETWORK" }),
      { errMsg: "request:fail timeout", errno: 5 },
      "no network",
    ];
    const mistakes = appLog();
    const token = () => (failures.length > 0 ? Promise.reject(failures.shift()) : "token");
    const { clock, tide, states } = startApp(url, { token }, { network: gateway.network });
    await until(() => tide.state === "online", clock);
    expect(states).not.toContain("refused");
    expect(gateway.handshakes).toMatchObject([{ token: "token" }]);
    await until(() => mistakes.length === 2);
    expect(mistakes.map(String)).toEqual(["Error: Network Error", "no network"]);
  });

  it("that never answers is given up", async () => {
    const gateway = new ScriptedGateway();
    const { clock, tide } = startApp(
      url,
      { token: () => new Promise<string>(() => {}) },
      { network: gateway.network },
    );
    await turn();
    clock.advance(15_000);
    await until(() => tide.state === "offline");
    expect(gateway.handshakes).toHaveLength(0);
  });
});
