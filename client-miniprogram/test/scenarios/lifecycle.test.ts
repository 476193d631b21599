import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/index.ts";
import { ManualClock, Phone, type WakeOrder } from "../../testing/index.ts";
import { startApp, stopApps } from "../support/apps.ts";
import { connectOn } from "../support/clients.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

afterEach(() => {
  vi.restoreAllMocks();
  stopApps();
});

const url = "wss://gateway.test";
const minute = 60_000;

async function online(options: { interruptCode?: number } = {}) {
  const gateway = new ScriptedGateway();
  const app = startApp(url, {}, { network: gateway.network, ...options });
  await until(() => app.tide.state === "online");
  return { gateway, ...app };
}

function requested(gateway: ScriptedGateway): string[] {
  return gateway.requests.map(({ event }) => event);
}

describe("in the background", () => {
  it("says that it is away, and makes no attempt however long it lasts", async () => {
    const { gateway, phone, clock, tide, states } = await online();
    phone.hide();
    await until(() => requested(gateway).length > 0);
    expect(requested(gateway)).toEqual(["away"]);
    clock.advance(5_000);
    clock.advance(20 * minute);
    await turn();
    expect(tide.state).toBe("suspended");
    expect(gateway.handshakes).toHaveLength(1);
    expect(states).toEqual(["online", "suspended"]);
  });

  it("keeps its socket when it is short", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.hide();
    clock.advance(3_000);
    phone.show();
    await until(() => tide.state === "online");
    expect(requested(gateway)).toEqual(["away", "back"]);
    expect(phone.opened).toBe(1);
  });

  it.each([
    [1_000, "WeChat"],
    [1_001, "Douyin"],
    [1_006, "Dimina"],
  ])("returns at once from an interruption with code %i", async (interruptCode) => {
    const { gateway, phone, clock, tide } = await online({ interruptCode });
    phone.hide();
    clock.advance(7_000);
    phone.show();
    await until(() => tide.state === "online");
    expect(gateway.handshakes).toHaveLength(2);
    await until(() => phone.sockets === 1);
  });

  it("returns at once although the close was never told", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.loseCloseEvents = true;
    phone.hide();
    clock.advance(29 * minute);
    phone.show();
    await until(() => tide.state === "online" && gateway.handshakes.length === 2);
    await until(() => phone.sockets === 1);
  });

  it.each<WakeOrder>(["as-it-came", "timers-first", "events-first", "show-first"])(
    "wakes correctly when the thread's backlog comes %s",
    async (order) => {
      const { gateway, phone, clock, tide } = await online();
      const answer = tide.publish("chat:1", "unanswered").catch(({ code }: { code: string }) => code);
      phone.hide();
      clock.advance(29 * minute);
      phone.show(order);
      await until(() => tide.state === "online" && gateway.handshakes.length === 2);
      await turn();
      await until(() => phone.sockets === 1);
      expect(gateway.handshakes).toHaveLength(2);
      await answer;
    },
  );

  it("says that it is back although it was asking whether the socket lives as it was hidden", async () => {
    const { gateway, phone, clock, tide } = await online();
    gateway.reply = () => undefined;
    tide.retry();
    await until(() => requested(gateway).length === 1);
    phone.hide();
    clock.advance(100);
    phone.show();
    await until(() => requested(gateway).length === 3);
    expect(requested(gateway)).toEqual(["back", "away", "back"]);
    clock.advance(100);
    await turn();
    expect([tide.state, gateway.handshakes.length]).toEqual(["online", 1]);
  });

  it("replaces a socket that died in a short absence", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.hide();
    await until(() => requested(gateway).length > 0);
    await turn();
    clock.advance(3_000);
    phone.breakSockets();
    phone.show();
    await until(() => tide.state === "online");
    clock.advance(150);
    await until(() => tide.state === "online" && gateway.handshakes.length === 2);
    await until(() => phone.sockets === 1);
  });

  it("a refusal that comes meanwhile is not asked for again on return", async () => {
    const { gateway, phone, tide } = await online();
    phone.hide();
    gateway.emit("goodbye", { code: "revoked", reconnect: false });
    gateway.peer.send("41");
    await until(() => tide.state === "refused");
    phone.show();
    await turn();
    expect([tide.state, tide.reason?.code, gateway.handshakes.length]).toEqual(["refused", "revoked", 1]);
    phone.hide();
    tide.retry();
    await until(() => tide.state === "online");
  });

  it("a retry after a refusal waits for the return", async () => {
    const { gateway, phone, tide } = await online();
    phone.hide();
    gateway.emit("goodbye", { code: "revoked", reconnect: false });
    gateway.peer.send("41");
    await until(() => tide.state === "refused");
    tide.retry();
    expect([tide.state, tide.reason]).toEqual(["suspended", undefined]);
    phone.show();
    await until(() => tide.state === "online");
    expect(gateway.handshakes).toHaveLength(2);
  });

  it("an attempt that was under way is made anew on return", async () => {
    const { gateway, phone, clock, tide } = await online();
    gateway.answers = ["close", { welcome: {} }];
    gateway.peer.close();
    await until(() => tide.state === "offline");
    phone.hide();
    clock.advance(minute);
    phone.show();
    await until(() => gateway.handshakes.length > 1 && tide.state !== "suspended", clock);
    await until(() => tide.state === "online", clock);
    await until(() => phone.sockets === 1);
  });
});

describe("a connection that ends", () => {
  it("returns, whatever the code; 1000 too", async () => {
    const { gateway, clock, tide } = await online();
    for (const code of [1_000, 1_001, 1_006, 4_000]) {
      const before = gateway.handshakes.length;
      gateway.peer.close(code, "bye");
      await until(() => tide.state === "online" && gateway.handshakes.length > before, clock);
    }
    expect(gateway.handshakes).toHaveLength(5);
  });

  it("does not come back ever faster where every session ends at once", async () => {
    const { gateway, clock, tide } = await online();
    const started = clock.now();
    for (let session = 1; session <= 30; session += 1) {
      gateway.peer.close();
      await until(() => gateway.handshakes.length > session && tide.state === "online", clock, 500);
    }
    expect(clock.now() - started).toBeGreaterThan(60_000);
  });

  it("waits as long as the gateway asks", async () => {
    const { gateway, clock, tide } = await online();
    gateway.emit("goodbye", { code: "draining", reconnect: true, after: 8_000 });
    gateway.peer.close();
    await until(() => tide.state === "offline");
    clock.advance(7_900);
    await turn(10);
    expect(gateway.handshakes).toHaveLength(1);
    clock.advance(200);
    await until(() => tide.state === "online");
  });

  it("stays away where the gateway says so, and says why", async () => {
    const { gateway, clock, tide } = await online();
    gateway.emit("goodbye", { code: "disconnected", reconnect: false });
    gateway.peer.send("41");
    await until(() => tide.state === "refused");
    clock.advance(10 * minute);
    await turn();
    expect(tide.reason?.code).toBe("disconnected");
    expect(gateway.handshakes).toHaveLength(1);
    tide.retry();
    await until(() => tide.state === "online");
  });

  it("spreads its attempts between nothing and a bound that grows to 20 s", async () => {
    const { gateway, clock, tide } = await online();
    gateway.answers = ["close"];
    gateway.peer.close();
    await until(() => tide.state === "offline");
    const started = clock.now();
    await until(() => gateway.handshakes.length > 8, clock, 500);
    expect(clock.now() - started).toBeLessThan(9 * 20_000);
  });
});

describe("a platform that opens no socket", () => {
  it("because five are open is asked again, until one is free", async () => {
    const gateway = new ScriptedGateway();
    const clock = new ManualClock();
    const phone = new Phone({ clock, network: gateway.network });
    const others = Array.from({ length: 5 }, () => phone.wx.connectSocket({ url: "wss://other.test" }));
    const tide = connectOn(phone, url);
    const started = clock.now();
    await until(() => tide.state === "offline" && clock.now() - started > 20_000, clock, 100);
    // Those of others are left alone.
    expect([phone.sockets, gateway.open]).toEqual([5, 5]);
    (others[0] as { close(): void }).close();
    await until(() => tide.state === "online", clock);
    tide.close();
    phone.turnOff();
  });

  it.each([
    [
      "fails within the call",
      ({ fail }: { fail(error: object): void }) => fail({ errMsg: "url not in domain list" }),
    ],
    [
      "throws",
      () => {
        throw new Error("createSocketTask:fail");
      },
    ],
  ])("because the call %s is asked again at once, and again", async (_name, refuse) => {
    const gateway = new ScriptedGateway();
    const { clock, phone } = startApp(`${url}/unused`, {}, { network: gateway.network });
    let refusals = 2;
    const connectSocket = (options: Parameters<typeof phone.wx.connectSocket>[0]) => {
      refusals -= 1;
      return refusals >= 0 ? refuse(options as never) : phone.wx.connectSocket(options);
    };
    const host = Object.assign(Object.create(phone.wx), phone.wx, { connectSocket });
    const tide = connect(url, { host, clock: phone.clock });
    const started = clock.now();
    await until(() => tide.state === "online", clock);
    expect(clock.now() - started).toBeLessThan(5_000);
    tide.close();
  });
});

describe("the address", () => {
  it("has ASCII characters only, which is all that iPhones take", async () => {
    const gateway = new ScriptedGateway();
    const { tide } = startApp(url, { path: "/実時/socket.io" }, { network: gateway.network });
    await until(() => tide.state === "online");
    expect(gateway.peer.url).toMatch(/^wss:\/\/gateway\.test\/%E5%AE%9F%E6%99%82\/socket\.io\/\?[!-~]*$/);
  });
});

describe("a socket that stopped without a close", () => {
  it("is found by the watchdog", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.breakSockets();
    clock.advance(50_000);
    await until(() => tide.state === "online" && gateway.handshakes.length === 2, clock);
    await until(() => phone.sockets === 1);
  });

  it("is found at once when the network changes", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.changeNetwork("4g");
    clock.advance(150);
    await until(() => tide.state === "online" && gateway.handshakes.length === 2);
    await until(() => phone.sockets === 1);
  });

  it("is found when a thread that stood still goes on, hidden or not", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.freeze();
    phone.breakSockets();
    clock.advance(minute);
    phone.thaw();
    await until(() => tide.state === "online" && gateway.handshakes.length === 2, clock);
    await until(() => phone.sockets === 1);
  });

  it("is given up at once when the network is lost, and tried for until there is one", async () => {
    const { gateway, phone, clock, tide, states } = await online();
    phone.changeNetwork("none");
    expect(states).toEqual(["online", "offline"]);
    await until(() => phone.sockets === 0);
    await until(() => states.length >= 5, clock);
    expect(new Set(states.slice(2))).toEqual(new Set(["connecting", "offline"]));
    phone.changeNetwork("wifi");
    await until(() => tide.state === "online");
    expect(gateway.handshakes).toHaveLength(2);
  });

  it("is tried for within 0.5 s although many attempts failed before it", async () => {
    const { gateway, phone, clock, tide } = await online();
    gateway.answers = ["close"];
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 7, clock, 500);
    gateway.answers = [{ welcome: {} }];
    await until(() => tide.state === "online", clock, 500);
    clock.advance(20_000);
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    phone.changeNetwork("none");
    expect(tide.state).toBe("offline");
    clock.advance(500);
    expect(tide.state).toBe("connecting");
  });

  it("returns at once when there is a network again", async () => {
    const { gateway, phone, clock, tide } = await online();
    phone.changeNetwork("none");
    phone.abortSockets();
    clock.advance(minute);
    await until(() => tide.state === "offline" || tide.state === "connecting");
    const attempts = gateway.handshakes.length;
    phone.changeNetwork("wifi");
    await until(() => tide.state === "online");
    expect(gateway.handshakes).toHaveLength(attempts + 1);
  });
});

describe("a plugin, which is not told of the background", () => {
  const inPlugin = async () => {
    const gateway = new ScriptedGateway();
    const app = startApp(url, {}, { network: gateway.network, plugin: true });
    await until(() => app.tide.state === "online");
    return { gateway, ...app };
  };

  it.each([
    ["was told", false],
    ["was not told", true],
  ])("comes back from a suspension whose close %s", async (_name, silently) => {
    const { gateway, phone, clock, tide } = await inPlugin();
    phone.loseCloseEvents = silently;
    phone.hide();
    clock.advance(29 * minute);
    phone.show();
    await until(() => tide.state === "online" && gateway.handshakes.length === 2, clock);
    await until(() => phone.sockets === 1);
  });

  it("says so itself where it knows", async () => {
    const { gateway, clock, tide } = await inPlugin();
    tide.suspend();
    expect(tide.state).toBe("suspended");
    await until(() => requested(gateway).length === 1);
    clock.advance(2_000);
    tide.resume();
    expect(tide.state).toBe("online");
    await until(() => requested(gateway).length === 2);
    expect(requested(gateway)).toEqual(["away", "back"]);
  });
});

describe("one connection", () => {
  it("is shared by all that ask for the address", async () => {
    const { gateway, phone, tide } = await online();
    for (let page = 0; page < 10; page += 1) {
      expect(connectOn(phone, url)).toBe(tide);
    }
    await turn();
    expect(gateway.handshakes).toHaveLength(1);
    expect(phone.opened).toBe(1);
  });

  it("twenty quick cycles leave no socket", async () => {
    const gateway = new ScriptedGateway();
    const phone = new Phone({ network: gateway.network });
    for (let cycle = 0; cycle < 20; cycle += 1) {
      const tide = connectOn(phone, url);
      if (cycle % 3 === 1) await Promise.resolve();
      if (cycle % 3 === 2) await turn();
      tide.close();
    }
    await until(() => phone.sockets === 0 && gateway.open === 0);
    await turn(10);
    expect(phone.sockets).toBe(0);
    expect(gateway.open).toBe(0);
  });

  it("closing is quiet, and final", async () => {
    const { gateway, phone, clock, tide, states } = await online();
    tide.close();
    tide.close();
    expect(states).toEqual(["online", "offline"]);
    phone.hide();
    phone.show();
    clock.advance(minute);
    await turn();
    expect(gateway.handshakes).toHaveLength(1);
    await expect(tide.publish("chat:1", 1)).rejects.toMatchObject({ code: "disconnected" });
  });
});
