import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it, type TestContext } from "vitest";
import { programFor } from "../../../../scripts/programs/need.ts";
import { portOf } from "../../../src/transport/http.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { TcpProxy } from "../clients/tcp-proxy.ts";
import { JsonClient } from "./client.ts";

const root = resolve(import.meta.dirname, "../../../..");
const examples = join(root, "examples/plain");
const cache = join(root, "node_modules/.cache/plain");
/** A first build loads packages and compiles them. */
const limit = 300_000;
const run = promisify(execFile);

let gateway: Gateway;
let network: TcpProxy;
const cleanups: (() => unknown)[] = [];

/** A client under way: the lines that it has printed so far. */
type Start = (...args: [url: string, token: string, channel: string]) => Promise<string[]>;

function started(command: string, args: readonly string[]): string[] {
  const lines: string[] = [];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  cleanups.push(() => ended(child));
  return lines;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

async function python(test: TestContext): Promise<Start> {
  const system = programFor(test, "python3");
  const venv = join(cache, "python");
  const own = join(venv, "bin/python");
  await run(own, ["-c", "import websockets"]).catch(async () => {
    await run(system, ["-m", "venv", venv]);
    await run(own, ["-m", "pip", "install", "--quiet", "websockets>=13"]);
  });
  return async (...args) => started(own, [join(examples, "python/client.py"), ...args]);
}

async function go(test: TestContext): Promise<Start> {
  const built = join(cache, "go");
  await run(programFor(test, "go"), ["build", "-o", built, "."], { cwd: join(examples, "go") });
  return async (...args) => started(built, args);
}

/** The first Cargo that the crates' own minimum and their registry's protocol ask for. */
const oldestCargo = 74;

async function rust(test: TestContext): Promise<Start> {
  const target = join(cache, "rust");
  const cargo = programFor(test, "cargo");
  const { stdout } = await run(cargo, ["--version"]);
  const minor = Number(/^cargo 1\.(\d+)/.exec(stdout)?.[1]);
  if (minor < oldestCargo)
    test.skip(`${stdout.trim()} is older than 1.${oldestCargo}, which the crates ask for`);
  await run(cargo, ["build", "--quiet", "--target-dir", target], { cwd: join(examples, "rust") });
  return async (...args) => started(join(target, "debug/plain"), args);
}

async function java(test: TestContext): Promise<Start> {
  const program = programFor(test, "java");
  return async (...args) => started(program, [join(examples, "java/Client.java"), ...args]);
}

/** The page in Chromium; what it shows is told to a server. */
async function page(test: TestContext): Promise<Start> {
  const chromium = programFor(test, "chromium");
  const told = `<script>new MutationObserver((all) => all.forEach(({ addedNodes: [line] }) =>
    fetch("/", { method: "POST", body: line.textContent }))).observe(messages, { childList: true });</script>`;
  const html = readFileSync(join(examples, "page/index.html"), "utf8").replace("<script>", `${told}<script>`);
  return async (url, token, channel) => {
    const lines: string[] = [];
    const server = createServer(async (request, response) => {
      response.setHeader("content-type", "text/html").end(request.method === "GET" ? html : "");
      for await (const line of request) lines.push(String(line));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    cleanups.push(() => server.close());
    const profile = mkdtempSync(join(tmpdir(), "tidegate-page-"));
    cleanups.push(() => rmSync(profile, { recursive: true, force: true, maxRetries: 10 }));
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
    const query = new URLSearchParams({ url, token, channel });
    const address = `http://127.0.0.1:${portOf(server)}/?${query}`;
    const browser = spawn(chromium, [...flags, "--remote-debugging-port=0", address], { stdio: "ignore" });
    cleanups.push(() => ended(browser));
    return lines;
  };
}

beforeAll(async () => {
  mkdirSync(cache, { recursive: true });
  gateway = await startGateway();
  network = await TcpProxy.start(() => gateway.port);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await network.stop();
  await gateway.stop();
});

it.for(Object.entries({ python, go, rust, java, page }))(
  "%s subscribes, publishes, is cut off, and comes back for what it has missed",
  { timeout: limit },
  async ([name, prepare], test) => {
    const start = await prepare(test);
    const channel = `chat:${name}`;
    const watcher = new JsonClient(gateway.url, { token: await gateway.token("watcher") });
    cleanups.push(() => watcher.close());
    await watcher.next("welcome");
    await watcher.ask("subscribe", { channel });
    const publish = (data: string) => watcher.ask("publish", { channel, data });
    const lines = await start(
      `${network.url.replace("http", "ws")}/json`,
      await gateway.token(name),
      channel,
    );
    const printed = (count: number) => expect.poll(() => lines, { timeout: 60_000 }).toHaveLength(count);
    await printed(1);
    expect(await watcher.next("message")).toMatchObject({ data: "hello", user: name });
    await publish("live");
    await printed(2);
    network.cut();
    for (const data of ["missed 1", "missed 2"]) await publish(data);
    network.restore();
    await printed(4);
    await publish("bye");
    await printed(5);
    expect(lines).toEqual(["hello", "live", "missed 1", "missed 2", "bye"]);
  },
);
