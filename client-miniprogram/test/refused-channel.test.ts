import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Tide } from "../src/index.ts";
import { startApp, stopApps } from "./support/apps.ts";
import { ScriptedGateway } from "./support/scripted-gateway.ts";
import { turn, until } from "./support/waiting.ts";

let gateway: ScriptedGateway;
let tide: Tide;
let warn: ReturnType<typeof vi.fn>;

/** A gateway that refuses each channel, and says of presence what `presence` says. */
beforeEach(async () => {
  warn = vi.fn();
  vi.stubGlobal("console", { ...console, warn });
  gateway = new ScriptedGateway();
  gateway.reply = (event, payload) => {
    const error = { code: "forbidden", message: "not for you", retryable: false };
    if (event === "presence") return { ok: false, error: { ...error, code: "not_found" } };
    if (event !== "subscribe") return { ok: true };
    const results = (payload as { channel: string }[]).map(({ channel }) =>
      channel.startsWith("open:")
        ? { ok: true, channel, position: "e:1", messages: [] }
        : { ok: false, channel, error },
    );
    return { ok: true, results };
  };
  tide = startApp("wss://gateway.test", {}, { network: gateway.network }).tide;
  await until(() => tide.state === "online");
});
afterEach(() => {
  stopApps();
  vi.unstubAllGlobals();
});

it("that nobody listens for is warned of once, by its code", async () => {
  const room = tide.channel("nope:1");
  room.on("message", () => {});
  await until(() => warn.mock.calls.length === 1);
  expect(warn.mock.calls).toEqual([["tidegate: the channel nope:1 is refused, forbidden: not for you"]]);
  const asked = gateway.requests.length;
  tide.channel("nope:1");
  await until(() => gateway.requests.length > asked);
  await turn();
  expect(warn).toHaveBeenCalledTimes(1);
  tide.channel("nope:2");
  await until(() => warn.mock.calls.length === 2);
});

it("is the page's matter where it listens", async () => {
  const errors: string[] = [];
  tide.channel("nope:1");
  tide.channel("nope:1").on("error", ({ code }) => errors.push(code));
  await until(() => errors.length === 1);
  expect([errors, warn.mock.calls]).toEqual([["forbidden"], []]);
});

it("is the app's where that listens to all channels", async () => {
  const errors: unknown[] = [];
  tide.on("error", (error, channel) => errors.push([error.code, channel]));
  tide.channel("nope:1");
  tide.channel("nope:2").on("error", () => {});
  await until(() => errors.length === 2);
  expect(errors).toEqual([
    ["forbidden", "nope:1"],
    ["forbidden", "nope:2"],
  ]);
  expect(warn).not.toHaveBeenCalled();
});

it("is reported for its presence too", async () => {
  tide.channel("open:1", { presence: true });
  await until(() => warn.mock.calls.length === 1);
  expect(warn.mock.calls).toEqual([["tidegate: the channel open:1 is refused, not_found: not for you"]]);
});

it("throws nothing on a host without a console", async () => {
  vi.stubGlobal("console", undefined);
  const room = tide.channel("nope:1");
  await until(() => gateway.requests.length === 1);
  await turn();
  expect(room.position).toBeUndefined();
  expect(tide.state).toBe("online");
});
