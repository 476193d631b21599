import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, type TestContext, vi } from "vitest";
import { programFor } from "../../../../scripts/programs/need.ts";
import { TestClient } from "../../support/client.ts";
import { startGateway } from "../../support/gateway.ts";
import { hookSecret } from "../../support/hook.ts";
import { freePort } from "../../support/ports.ts";

const root = resolve(import.meta.dirname, "../../../..");
const examples = join(root, "examples/hooks");
const cache = join(root, "node_modules/.cache/hooks");
/** A first build loads packages and compiles them. */
const limit = 300_000;
const run = promisify(execFile);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Has it built, where it has to be. @returns how it is started */
type Build = (test: TestContext) => Promise<[command: string, ...args: string[]]>;

const node: Build = async () => [process.execPath, join(examples, "node/backend.mjs")];

const python: Build = async (test) => {
  const system = programFor(test, "python3");
  const venv = join(cache, "python");
  const own = join(venv, "bin/python");
  await run(own, ["-c", "import fastapi, uvicorn, standardwebhooks"]).catch(async () => {
    await run(system, ["-m", "venv", venv]);
    await run(own, ["-m", "pip", "install", "--quiet", "fastapi", "uvicorn", "standardwebhooks"]);
  });
  return [own, join(examples, "python/backend.py")];
};

/** The first Go that the library of Standard Webhooks asks for. */
const oldestGo = 21;

const go: Build = async (test) => {
  const program = programFor(test, "go");
  const { stdout } = await run(program, ["version"]);
  const minor = Number(/go1\.(\d+)/.exec(stdout)?.[1]);
  if (minor < oldestGo) test.skip(`${stdout.trim()} is older than 1.${oldestGo}, which the library asks for`);
  const built = join(cache, "go");
  await run(program, ["build", "-o", built, "."], { cwd: join(examples, "go") });
  return [built];
};

const java: Build = async (test) => {
  const program = programFor(test, "java");
  const maven = programFor(test, "mvn");
  const jars = join(cache, "java");
  const pom = join(examples, "java/pom.xml");
  await run(maven, ["-q", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${jars}`]);
  return [program, "-cp", join(jars, "*"), join(examples, "java/Backend.java")];
};

/** Starts a backend, and waits until it listens. @returns where it is */
async function start(build: Build, test: TestContext): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const [command, ...args] = await build(test);
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), TIDEGATE_HOOK_SECRET: hookSecret, HOOK_NAME: "shop" };
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], env });
  cleanups.push(() => ended(child));
  await vi.waitUntil(() => isListening(port), { timeout: 60_000, interval: 50 });
  return `http://127.0.0.1:${port}/tidegate`;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const opened = await new Promise<boolean>((settle) => {
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
  socket.destroy();
  return opened;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** What a backend answers to a call that is signed, or made with another secret. */
async function call(url: string, id: string, body: object, secret = hookSecret) {
  const text = JSON.stringify({ hook: "shop", id, ...body });
  const now = new Date();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign(id, now, text),
    },
    body: text,
  });
  const answer = await response.text();
  return { status: response.status, answer: answer === "" ? undefined : JSON.parse(answer) };
}

const rules = (url: string) => `
channels: [{match: "order:**", subscribe: hook, publish: hook, history: {size: 100, ttl: 1h}}]
hooks: [{name: shop, url: "${url}", ask: [connect, subscribe, publish, request], timeout: 5s}]`;

describe.each<[string, Build]>([
  ["Node", node],
  ["Python", python],
  ["Go", go],
  ["Java", java],
])("the backend in %s", (_language, build) => {
  it("answers what a gateway asks", { timeout: limit }, async (test) => {
    const url = await start(build, test);
    const gateway = await startGateway({ rules: rules(url), env: { TIDEGATE_HOOK_SECRET: hookSecret } });
    cleanups.push(() => gateway.stop());
    const ann = new TestClient(gateway.url, { session: "session-of-ann" });
    cleanups.push(() => ann.close());
    expect(await ann.next("welcome")).toMatchObject({ user: "ann", token: expect.any(String) });
    const replies = await ann.request("subscribe", [{ channel: "order:ann:1" }, { channel: "order:bob:1" }]);
    expect(replies.results).toMatchObject([
      { ok: true, token: expect.any(String) },
      { ok: false, error: { code: "forbidden", message: "Not your order." } },
    ]);
    const say = (data: unknown) => ann.request("publish", { channel: "order:ann:1", data });
    expect(await say({ text: "hello", n: 1 })).toMatchObject({ ok: true });
    expect(await say({ text: "darn it", n: 2 })).toMatchObject({ ok: true });
    expect(await say({ text: "casino!" })).toEqual({ ok: true, skipped: true });
    expect(await say("no text")).toMatchObject({ ok: false, error: { code: "bad_request" } });
    await ann.next("message", 2);
    expect(ann.messages("order:ann:1").map(({ data }) => data)).toEqual([
      { text: "hello", n: 1 },
      { text: "**** it", n: 2 },
    ]);
    expect(await ann.request("total", { items: [1, 2.5] })).toEqual({ ok: true, data: { total: 3.5 } });
    expect(await ann.request("other", {})).toMatchObject({ ok: false, error: { code: "not_found" } });
    const nobody = new TestClient(gateway.url, { session: "another" });
    cleanups.push(() => nobody.close());
    const refused = new Promise<{ data: object }>((settle) =>
      nobody.socket.once("connect_error", settle as () => void),
    );
    expect((await refused).data).toMatchObject({ code: "unauthorized", message: "No such session." });
    // Signed by another, meant for another hook, and twice.
    const total = { type: "request", event: "total", data: { items: [1] }, user: "ann" };
    const another = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(await call(url, "id-1", total, another)).toMatchObject({ status: 401 });
    expect(await call(url, "id-2", { ...total, hook: "other" })).toMatchObject({ status: 401 });
    const first = await call(url, "id-3", total);
    expect(first).toMatchObject({ status: 200, answer: { data: { total: 1 } } });
    expect(await call(url, "id-3", { ...total, data: { items: [9] } })).toEqual(first);
  });
});
