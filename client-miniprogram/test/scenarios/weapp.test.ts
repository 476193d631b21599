import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { connect, type Tide } from "../../src/index.ts";
import type { Io } from "../../src/options.ts";
import { Phone } from "../../testing/index.ts";
import { addressOf, numbers, publishAll, record } from "../support/apps.ts";
import { turn, until } from "../support/waiting.ts";

let gateway: Gateway;
let io: Io;
let phone: Phone;
let tide: Tide;
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  phone = new Phone();
  vi.stubGlobal("wx", phone.wx);
  // It asks for the name, which a mini-program's wrapper declares.
  vi.stubGlobal("window", undefined);
  const require = createRequire(import.meta.url);
  const weapp = require("weapp.socket.io") as Io & { io?: Io };
  io = weapp.io ?? weapp;
  tide = connect(addressOf(gateway), { io, host: phone.wx, token: await gateway.token("weapp") });
  await until(() => tide.state === "online");
});
afterEach(() => {
  tide.close();
  phone.turnOff();
  vi.unstubAllGlobals();
});
afterAll(() => gateway.stop());

describe("over weapp.socket.io", () => {
  it("publishes and receives, in order", async () => {
    const room = tide.channel<number>("chat:weapp");
    const seen = record(room);
    await Promise.all(numbers(1, 20).map((number) => room.publish(number)));
    await until(() => seen.length === 20);
    expect(seen).toEqual(numbers(1, 20));
  });

  it("recovers what was published while the app was suspended", async () => {
    const room = tide.channel<number>("chat:weapp-suspended", { presence: true });
    const seen = record(room);
    await room.publish(1);
    phone.hide();
    phone.suspend();
    await publishAll(gateway, "chat:weapp-suspended", numbers(2, 90));
    phone.show();
    await until(() => seen.length === 90);
    await until(() => room.presence.length > 0);
    expect(seen).toEqual(numbers(1, 90));
    expect(phone.sockets).toBe(1);
  });

  it("keeps its outbox, and sends what waited once", async () => {
    const room = tide.channel<number>("chat:weapp-outbox");
    const seen = record(room);
    await room.publish(1);
    phone.abortSockets();
    await Promise.all([room.publish(2), room.publish(3)]);
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("says why it is refused", async () => {
    const other = connect(`${addressOf(gateway)}/`, { io, host: phone.wx, token: "not a token" });
    await until(() => other.state === "refused");
    expect(other.reason?.code).toBe("unauthorized");
    other.close();
  });

  it("closes while connecting without a throw, and leaves no socket", async () => {
    tide.close();
    await until(() => phone.sockets === 0);
    for (let cycle = 0; cycle < 4; cycle += 1) {
      connect(addressOf(gateway), { io, host: phone.wx, token: await gateway.token("weapp") }).close();
      await turn();
    }
    await until(() => phone.sockets === 0);
    expect(phone.sockets).toBe(0);
  });
});
