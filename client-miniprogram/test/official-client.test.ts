import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { connect, type Tide } from "../src/index.ts";
import { addressOf, numbers, publishAll, record } from "./support/apps.ts";
import { until } from "./support/waiting.ts";

/** The official client may be handed in, where an app has it anyway. */

let gateway: Gateway;
let tide: Tide;
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(() => tide.close());
afterAll(() => gateway.stop());

it("carries channels, and resumes them on another connection", async () => {
  tide = connect(addressOf(gateway), { io, token: await gateway.token("ann") });
  const room = tide.channel<number>("chat:official");
  const seen = record(room);
  await room.publish(1);
  tide.suspend();
  await until(() => tide.state === "suspended");
  await gateway.call("POST", "/v1/disconnect", { user: "ann", reconnect: true });
  await publishAll(gateway, "chat:official", numbers(2, 20));
  tide.resume();
  await until(() => seen.length === 20);
  expect(seen).toEqual(numbers(1, 20));
});

it("brings binary data both ways", async () => {
  tide = connect(addressOf(gateway), { io, token: await gateway.token("ann") });
  const room = tide.channel<ArrayBuffer>("chat:official-binary");
  const seen = record(room);
  await room.publish(Uint8Array.from([1, 2, 255]).buffer);
  await until(() => seen.length === 1);
  expect([...new Uint8Array(seen[0] as ArrayBuffer)]).toEqual([1, 2, 255]);
});

it("is refused with a reason", async () => {
  tide = connect(addressOf(gateway), { io, token: "no token" });
  await until(() => tide.state === "refused");
  expect(tide.reason?.code).toBe("unauthorized");
});
