import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { WeChatStandIn } from "../../gateway/test/support/wechat.ts";
import type { ConnectOptions, Tide } from "../src/index.ts";
import * as client from "../src/index.ts";
import * as testing from "../testing/index.ts";
import { addressOf, publishAll } from "./support/apps.ts";
import { until } from "./support/waiting.ts";

const page = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = page("../README.md");

let wechat: WeChatStandIn;
let gateway: Gateway;
let phone: testing.Phone;
/** Clients that the snippets made. */
let tides: Tide[];
beforeAll(async () => {
  wechat = await WeChatStandIn.start({ wxapp: "secret" });
  wechat.answer = () => ({ openid: "ann" });
  gateway = await startGateway({ env: wechat.env });
});
beforeEach(() => {
  tides = [];
  phone = new testing.Phone();
  vi.stubGlobal("wx", phone.wx);
  // weapp.socket.io asks for the name, which a mini-program's wrapper declares.
  vi.stubGlobal("window", undefined);
});
afterEach(() => {
  for (const tide of tides) tide.close();
  phone.turnOff();
  vi.unstubAllGlobals();
});
afterAll(async () => {
  await gateway.stop();
  await wechat.stop();
});

/** The first piece of code on the page that has the text. */
function snippet(text: string, source = readme): string {
  const all = [...source.matchAll(/^```(?:ts|js)\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  const found = all.find((code) => code.includes(text));
  if (found === undefined) throw new Error(`No snippet has ${text}.`);
  return found;
}

/** Packages by name; whatever address a page writes, it gets to the gateway. */
function load(name: string): unknown {
  if (name === "tidegate-miniprogram/testing") return testing;
  if (name === "weapp.socket.io") {
    const weapp = createRequire(import.meta.url)(name);
    return weapp.io ?? weapp;
  }
  const connect = (_url: string, options: ConnectOptions) => {
    const tide = client.connect(addressOf(gateway), options);
    tides.push(tide);
    return tide;
  };
  return { ...client, connect };
}

/** Runs a page's code with these names around it. */
async function run(code: string, names: Record<string, unknown> = {}): Promise<void> {
  const asScript = code.replaceAll(/^import (\{.*?\}) from (".*?");/gm, "const $1 = require($2);");
  const given: Record<string, unknown> = { require: load, ...names };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...Object.keys(given), asScript)(...Object.values(given));
}

describe("the README's code", () => {
  it("subscribes, publishes and receives", async () => {
    const log = vi.fn();
    await run(snippet('await room.publish({ text: "hi" })'), { console: { log } });
    await until(() => log.mock.calls.length === 1);
    expect(log.mock.calls).toEqual([[{ text: "hi" }]]);
  });

  it("is a page of a mini-program in plain JavaScript", async () => {
    const made: Record<string, unknown>[] = [];
    await run(snippet("Page({"), { Page: (parts: Record<string, unknown>) => made.push(parts) });
    const [parts] = made;
    const setData = vi.fn();
    const opened = { ...parts, setData } as { onLoad(): void; onUnload(): void; setData: typeof setData };
    opened.onLoad();
    await until(() => tides[0]?.state === "online");
    await tides[0]?.publish("chat:42", { text: "hello" });
    await until(() => setData.mock.calls.length === 1);
    expect(setData.mock.calls).toEqual([[{ last: "hello" }]]);
    opened.onUnload();
  });

  it("runs over weapp.socket.io", async () => {
    await run(snippet('io: require("weapp.socket.io")'));
    await until(() => tides[0]?.state === "online");
    expect(tides[0]?.user).toBe("ann");
  });

  it("suspends a simulated phone for half an hour", async () => {
    await run(snippet("new Phone({ clock })"), { token: await gateway.token("tester") });
    await until(() => tides[0]?.state === "online");
  });

  it("hears on a network in memory why it is refused", async () => {
    const log = vi.fn();
    await run(snippet("new MemoryNetwork"), { token: "any", console: { log } });
    await until(() => log.mock.calls.length > 0);
    expect(log.mock.calls[0]).toEqual(["offline", "connectSocket:fail url not in domain list"]);
  });

  it.each(["../../README.md", "../../README.zh-CN.md"])("on %s chats", async (path) => {
    const render = vi.fn();
    await run(snippet("tidegate-miniprogram", page(path)), { render, reload: vi.fn() });
    await until(() => render.mock.calls.length === 1);
    expect(render.mock.calls).toEqual([[{ text: "hi" }]]);
  });
});

describe("the table of what it says when it does not connect", () => {
  const [, table = ""] = /^## When it does not connect$(.*?)^## /ms.exec(readme) ?? [];
  const said = [...table.matchAll(/^\| (`+)(.*?)\1/gm)].map(([, , words = ""]) => words);
  const sources = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" });
  const source = sources
    .filter((name) => name.endsWith(".ts"))
    .map((name) => page(`../src/${name}`))
    .join("\n");
  /** The client puts its own sentences together in one place. */
  const own = said
    .filter((words) => words.endsWith("."))
    .map((words) => words.replace(/^The server sent |\.$/g, ""));

  it("has a dozen rows", () => expect(said.length).toBeGreaterThanOrEqual(12));

  it.each(own)("says as the client does: %s", (words) => expect(source).toContain(words));

  it("has snippets that run", async () => {
    const log = vi.fn();
    const offline = client.connect("ws://127.0.0.1:1", { host: phone.wx });
    const names = { tide: offline, url: addressOf(gateway), console: { log } };
    tides.push(names.tide);
    await run(
      `const { connect } = require("tidegate-miniprogram"); ${snippet("reason && reason.message")}`,
      names,
    );
    await until(() => log.mock.calls.some(([event]) => event === "welcome"));
    await until(() =>
      log.mock.calls.some(([state, message]) => state === "offline" && message !== undefined),
    );
  });
});

describe("the guide from weapp.socket.io", () => {
  const rows = [...readme.matchAll(/^\| `(.*)` \| `(.*)` \|$/gm)].filter(([row]) => row.includes("socket"));
  const pages = [
    ["before", rows.map(([, before = ""]) => before)],
    ["after", rows.map(([, , after = ""]) => after)],
  ] as const;

  it.each(pages)("does the same %s", async (_name, lines) => {
    expect(lines).toHaveLength(8);
    const channel = `chat:guide-${Math.random()}`;
    const told: unknown[] = [];
    const f = (message?: { data?: unknown }) => told.push(message?.data ?? "connected");
    const ack = (reply: { position?: string }) => told.push(reply.position !== undefined && "stored");
    const names = {
      url: addressOf(gateway),
      token: await gateway.token("guide"),
      channel,
      data: "mine",
      f,
      ack,
    };
    const done = async () => {
      await until(() => told.length === 3);
      await publishAll(gateway, channel, ["theirs"]);
      await until(() => told.length === 4);
    };
    const closing = lines.at(-1) ?? "";
    await run([...lines.slice(0, -1), "await done();", closing].join(";\n"), { ...names, done });
    expect(new Set(told)).toEqual(new Set(["connected", "stored", "mine", "theirs"]));
    await until(() => phone.sockets === 0);
  });
});
