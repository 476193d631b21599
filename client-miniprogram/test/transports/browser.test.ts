import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { connect, type Tide } from "../../src/index.ts";
import { createBrowserHost } from "../../src/transports/browser.ts";
import { addressOf, numbers, publishAll, record } from "../support/apps.ts";
import { turn, until } from "../support/waiting.ts";

let gateway: Gateway;
let stored: Map<string, string>;
let page: EventTarget & { hidden: boolean };
let view: EventTarget;
let network: { onLine: boolean };
/** The page's sockets, in order. */
let sockets: WebSocket[];
let tides: Tide[];
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(() => {
  stored = new Map();
  page = Object.assign(new EventTarget(), { hidden: false });
  view = new EventTarget();
  network = { onLine: true };
  sockets = [];
  tides = [];
  const Native = WebSocket;
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", view);
  vi.stubGlobal("navigator", network);
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  vi.stubGlobal(
    "WebSocket",
    class extends Native {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    },
  );
});
afterEach(() => {
  for (const tide of tides) tide.close();
  vi.unstubAllGlobals();
});
afterAll(() => gateway.stop());

async function open(options: { storage?: boolean } = {}): Promise<Tide> {
  const host = createBrowserHost();
  if (!host) throw new Error("There is no WebSocket here.");
  const tide = connect(addressOf(gateway), { host, token: await gateway.token("browser"), ...options });
  tides.push(tide);
  await until(() => tide.state === "online");
  return tide;
}

function turnTo(hidden: boolean): void {
  page.hidden = hidden;
  page.dispatchEvent(new Event("visibilitychange"));
}

function goes(online: boolean): void {
  network.onLine = online;
  view.dispatchEvent(new Event(online ? "online" : "offline"));
}

describe("a browser's page", () => {
  it("says that it is away while it is hidden, and keeps its socket", async () => {
    const tide = await open();
    const room = tide.channel<number>("chat:hidden", { presence: true });
    const seen = record(room);
    await until(() => room.presence.length === 1);
    const states: string[] = [];
    tide.on("state", (state) => states.push(state));
    turnTo(true);
    await until(() => room.presence[0]?.state === "away");
    await publishAll(gateway, "chat:hidden", numbers(1, 3));
    await until(() => seen.length === 3);
    turnTo(false);
    await until(() => room.presence[0]?.state === "online");
    expect({ seen, states, opened: sockets.length }).toEqual({
      seen: numbers(1, 3),
      states: ["suspended", "online"],
      opened: 1,
    });
  });

  it("is offline while the browser is, and back at once", async () => {
    const tide = await open();
    goes(false);
    expect(tide.state).toBe("offline");
    goes(true);
    await until(() => tide.state === "online");
    await until(() => sockets[0]?.readyState === WebSocket.CLOSED);
  });

  it("continues after a reload, from what it had stored", async () => {
    const before = await open({ storage: true });
    const room = before.channel<number>("chat:reload");
    await room.publish(1);
    turnTo(true);
    before.close();
    await publishAll(gateway, "chat:reload", numbers(2, 4));
    page.hidden = false;
    const after = await open({ storage: true });
    const seen = record(after.channel<number>("chat:reload"));
    await until(() => seen.length === 3);
    expect(seen).toEqual(numbers(2, 4));
  });

  it("that is closed hears of nothing any more", async () => {
    const tide = await open();
    tide.close();
    turnTo(true);
    turnTo(false);
    goes(false);
    goes(true);
    await turn(10);
    expect({ state: tide.state, opened: sockets.length }).toEqual({ state: "offline", opened: 1 });
  });
});

it("a place without WebSocket is no browser", () => {
  vi.stubGlobal("WebSocket", undefined);
  expect(createBrowserHost()).toBeUndefined();
});
