import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext, Script } from "node:vm";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { programFor } from "../../scripts/programs/need.ts";
import { bundleClient } from "../scripts/bundle.ts";
import type { connect, Tide } from "../src/index.ts";
import { ManualClock, Phone } from "../testing/index.ts";
import { addressOf, numbers, publishAll, record } from "./support/apps.ts";
import { Shell } from "./support/jsc/shell.ts";
import { until } from "./support/waiting.ts";

interface Client {
  connect: typeof connect;
}

const folder = mkdtempSync(join(tmpdir(), "tidegate-bundle-"));
const file = join(folder, "index.js");
/** The names with which WeChat wraps every file; there they are declared, and undefined. */
const wrapper =
  "require,module,exports,window,document,frames,self,location,navigator,localStorage,history,Caches,screen,alert,confirm,prompt,XMLHttpRequest,WebSocket,Reporter,webkit,WeixinJSCore";

let code: string;
let gateway: Gateway;
let tide: Tide | undefined;
let phone: Phone | undefined;
beforeAll(async () => {
  await bundleClient(file);
  code = readFileSync(file, "utf8");
  gateway = await startGateway();
});
afterEach(() => {
  tide?.close();
  phone?.turnOff();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, maxRetries: 5 });
  await gateway.stop();
});

/** Runs the file where nothing is but the language, timers and the given globals. */
function load(
  globals: object,
  options: { wrapped?: boolean; codeGeneration?: boolean; prelude?: string } = {},
) {
  const context = createContext(
    { setTimeout, clearTimeout, ...globals },
    { codeGeneration: { strings: options.codeGeneration ?? true, wasm: false } },
  );
  if (options.prelude) runInContext(options.prelude, context);
  const names = options.wrapped ? wrapper : "module,exports";
  const body = new Script(`(function (${names}) {${code}\n})`);
  const exports = {};
  const module = { exports };
  const run = body.runInContext(context) as (...args: unknown[]) => void;
  if (options.wrapped) run(undefined, module, exports);
  else run(module, exports);
  return module.exports as Client;
}

async function goesRound(client: Client, wx: Phone): Promise<void> {
  phone = wx;
  tide = client.connect(addressOf(gateway), { token: await gateway.token("bundle") });
  const channel = `chat:${Math.random()}`;
  const room = tide.channel<number>(channel);
  const seen = record(room);
  await room.publish(1);
  wx.hide();
  wx.suspend();
  await publishAll(gateway, channel, numbers(2, 20));
  wx.show();
  await until(() => seen.length === 20);
  expect(seen).toEqual(numbers(1, 20));
}

describe("the file for mini-programs", () => {
  it("is at most 14 KB gzipped", () => {
    expect(gzipSync(code, { level: 9 }).byteLength).toBeLessThanOrEqual(14 * 1_024);
  });

  it("is ES2015", () => {
    expect(parse(code, { ecmaVersion: 6, sourceType: "script" }).type).toBe("Program");
  });

  it("makes no code, and asks for none of the built-in transports", () => {
    expect(code).not.toMatch(/\beval\b|\bFunction\s*\(|new Function|XMLHttpRequest|WebTransport/);
    expect(code).not.toMatch(/\brequire\(/);
  });
});

describe("runs in", () => {
  it("a bare context", async () => {
    const wx = new Phone();
    await goesRound(load({ wx: wx.wx }), wx);
  });

  it("WeChat's wrapper", async () => {
    const wx = new Phone();
    await goesRound(load({ wx: wx.wx }, { wrapped: true }), wx);
  });

  it("a context that forbids code generation", async () => {
    const wx = new Phone();
    await goesRound(load({ wx: wx.wx }, { wrapped: true, codeGeneration: false }), wx);
  });

  it("a context whose Function returns {} and that has no globalThis", async () => {
    const wx = new Phone();
    const prelude =
      "Function = function () { return function () { return {}; }; }; delete globalThis.globalThis;";
    await goesRound(load({ wx: wx.wx }, { prelude }), wx);
  });

  it("a context whose promises are macrotasks, as on older iPhones", async () => {
    const wx = new Phone();
    await goesRound(load({ wx: wx.wx, Promise: SlowPromise }), wx);
  });

  it.each([
    ["my", { alipay: true }],
    ["tt", { interruptCode: 1_001 }],
    ["swan", {}],
    ["uni", { tasks: "promise" as const }],
  ])("a place whose platform is `%s`", async (name, options) => {
    const wx = new Phone(options);
    await goesRound(load({ [name]: wx.wx }), wx);
  });

  it("a browser, on its own WebSocket", async () => {
    tide = load({ WebSocket }).connect(addressOf(gateway), { token: await gateway.token("browser") });
    const room = tide.channel<number>("chat:browser");
    const seen = record(room);
    await room.publish(1);
    await until(() => seen.length === 1);
    expect(seen).toEqual([1]);
  });

  it("nothing it knows: it says so", () => {
    expect(() => load({}).connect("wss://gateway.test")).toThrow("host");
  });
});

describe("JavaScriptCore", () => {
  it("is served by a gateway, and misses nothing while it is away", async (test) => {
    const shell = new Shell(programFor(test, "jsc"), file);
    const channel = "chat:jsc";
    try {
      shell.tell({ kind: "page", url: addressOf(gateway), token: await gateway.token("jsc"), channel });
      await until(() => shell.seen.length === 1);
      shell.suspend();
      await publishAll(gateway, channel, numbers(2, 20));
      shell.show();
      await until(() => shell.seen.length >= 20);
    } finally {
      await shell.stop();
    }
    expect({ seen: shell.seen, stderr: shell.stderr }).toEqual({
      seen: ["é語😀", ...numbers(2, 20)],
      stderr: "",
    });
    expect(shell.states).toEqual(["online", "suspended", "connecting", "online"]);
  });
});

describe("Chromium", () => {
  it("is served as a browser client", async (test) => {
    const chromium = programFor(test, "chromium");
    const page = join(folder, "page.html");
    const token = await gateway.token("chromium");
    const script = `
      const tide = exports.connect(${JSON.stringify(addressOf(gateway))}, { token: ${JSON.stringify(token)} });
      const room = tide.channel("chat:chromium");
      room.on("message", ({ data }) => data === "this" && room.publish("got " + data));
      room.publish("this");`;
    writeFileSync(
      page,
      `<body><script>var exports = {};</script><script src="index.js"></script><script>${script}</script></body>`,
    );
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${join(folder, "profile")}`,
    ];
    const browser = spawn(chromium, [...flags, "--remote-debugging-port=0", `file://${page}`], {
      stdio: "ignore",
    });
    const ended = once(browser, "exit");
    try {
      await expect.poll(() => published("chat:chromium"), { timeout: 25_000 }).toEqual(["this", "got this"]);
    } finally {
      browser.kill();
      await ended;
    }
  });
});

async function published(channel: string): Promise<unknown[]> {
  const { body } = await gateway.call("GET", `/v1/history?channel=${channel}&since=start`);
  return ((body.messages ?? []) as { data: unknown }[]).map(({ data }) => data);
}

describe("simulated time", () => {
  it("is the app's own, where it says so", async () => {
    const clock = new ManualClock();
    phone = new Phone({ clock });
    tide = load({}).connect(addressOf(gateway), {
      host: phone.wx,
      clock: phone.clock,
      token: await gateway.token("clock"),
    });
    await until(() => tide?.state === "online");
    phone.hide();
    clock.advance(29 * 60_000);
    expect(phone.sockets).toBe(0);
    phone.show();
    await until(() => tide?.state === "online");
    expect(phone.sockets).toBe(1);
  });
});

/** A Promise whose reactions wait for a timer. */
class SlowPromise<Value> extends Promise<Value> {
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<Result = Value, Failed = never>(
    fulfilled?: ((value: Value) => Result | PromiseLike<Result>) | null,
    rejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Result | Failed> {
    const late =
      <Argument, Out>(callback: ((argument: Argument) => Out | PromiseLike<Out>) | null | undefined) =>
      (argument: Argument) =>
        new Promise<Out>((resolve, reject) => {
          setTimeout(() => {
            try {
              resolve(callback ? callback(argument) : (argument as unknown as Out));
            } catch (error) {
              reject(error);
            }
          }, 0);
        });
    return super.then(fulfilled && late(fulfilled), rejected && late(rejected));
  }
}
