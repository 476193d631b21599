import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createContext, runInContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type Tide } from "../../src/index.ts";
import type { Io } from "../../src/options.ts";
import { ManualClock, MemoryNetwork, Phone, type PhoneOptions } from "../../testing/index.ts";
import { loadWeapp, weappOn } from "../support/clients.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

/** All scenarios run over weapp.socket.io too (`vitest.config.ts`). Here is what it cannot do, and what it does instead. */

const url = "wss://gateway.test";

let weapp: Io;
/** What it threw into the platform's events. */
let thrown: unknown[];
let tide: Tide | undefined;
let phone: Phone | undefined;
let clock: ManualClock;
beforeAll(() => {
  weapp = loadWeapp();
});
afterEach(() => {
  tide?.close();
  phone?.turnOff();
  Reflect.deleteProperty(globalThis, "wx");
});
afterAll(() => Reflect.deleteProperty(globalThis, "window"));

/** An app of a team that ships weapp.socket.io. */
function start(options: PhoneOptions, more: { io?: Io } = {}): Tide {
  clock = new ManualClock();
  phone = new Phone({ clock, ...options });
  thrown = [];
  const io = weappOn(phone, weapp, thrown);
  tide = connect(url, { io, host: phone.wx, clock: phone.clock, ...more });
  return tide;
}

it("does not load where `window` is not declared, as outside of WeChat", () => {
  const file = createRequire(import.meta.url).resolve("weapp.socket.io");
  const load = () => {
    const context = createContext({ module: { exports: {} }, exports: {}, setTimeout, clearTimeout });
    runInContext(readFileSync(file, "utf8"), context);
  };
  expect(load).toThrow("window is not defined");
});

it.each<[string, PhoneOptions]>([
  ["a promise of a task", { tasks: "promise" }],
  ["a promise of a task, late", { tasks: "late" }],
  ["Alipay's messages", { alipay: true }],
])("is lost with %s: it tries again and again, and is never online", async (_name, options) => {
  const states: string[] = [];
  const gateway = new ScriptedGateway();
  start({ network: gateway.network, ...options }).on("state", (state) => states.push(state));
  await until(() => states.length >= 4, clock, 500);
  expect(new Set(states)).toEqual(new Set(["offline", "connecting"]));
  expect(gateway.handshakes).toEqual([]);
});

it("throws into the platform's event when an attempt fails; the client comes back nevertheless", async () => {
  const gateway = new ScriptedGateway();
  start({ network: gateway.network });
  await until(() => tide?.state === "online");
  phone?.changeNetwork("none");
  await until(() => thrown.length > 0, clock);
  phone?.changeNetwork("wifi");
  await until(() => tide?.state === "online", clock);
});

it("keeps the place of an attempt that is given up, until the platform gives it up", async () => {
  const gateway = new ScriptedGateway();
  const networks = [new MemoryNetwork(() => {}).connect];
  start({ network: (to, events) => (networks.shift() ?? gateway.network)(to, events) });
  await until(() => phone?.sockets === 1);
  phone?.changeNetwork("4g");
  await until(() => tide?.state === "online", clock);
  expect(phone?.sockets).toBe(2);
  clock.advance(60_000);
  await until(() => tide?.state === "online" && phone?.sockets === 1, clock);
});

describe("another Socket.IO client", () => {
  it("that throws as it dials is tried again", async () => {
    let dials = 0;
    const throwing: Io = () => {
      dials += 1;
      throw new Error("connectSocket:fail");
    };
    start({}, { io: throwing });
    await until(() => dials >= 3, clock);
    await turn();
    expect(tide?.state === "offline" || tide?.state === "connecting").toBe(true);
  });
});
