import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Passage } from "../backplane/redis/passage.ts";
import { TestClient } from "../support/client.ts";
import { testKey, testSecret } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { type GatewayProcess, logged, type Process, spawnGateway, startMain } from "../support/process.ts";
import { RedisServer } from "../support/redis-server.ts";

const patience = { timeout: 30_000, interval: 50 };

/** What the test has started, to be stopped in the other order. */
let started: { stop(): Promise<unknown> }[];

function keep<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing {
  started.push(thing);
  return thing;
}

beforeEach(() => {
  started = [];
});
afterEach(async () => {
  for (const thing of started.reverse()) await thing.stop();
});

const environment = (url: string) => ({
  TIDEGATE_REDIS_URL: url,
  TIDEGATE_TOKEN_SECRET: testSecret,
  TIDEGATE_API_KEYS: testKey,
});

/** A gateway that has nobody to meet, and listens all the same. */
async function startAt(url: string): Promise<GatewayProcess> {
  const gateway = await spawnGateway(environment(url));
  keep(gateway.process);
  return gateway;
}

const statusOf = async ({ api }: GatewayProcess, path: string) => (await fetch(`${api}${path}`)).status;

async function expectUnready(gateway: GatewayProcess): Promise<void> {
  expect(await statusOf(gateway, "/livez")).toBe(200);
  const ready = await fetch(`${gateway.api}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { error: { code: "unavailable" } }]);
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(503);
  expect(Number(response.headers["retry-after"])).toBeGreaterThan(0);
}

async function expectNoPublishing(gateway: GatewayProcess): Promise<void> {
  const answer = await post(gateway, "/v1/publish", { channel: "chat:1", data: 1 });
  expect(answer).toMatchObject({ error: { code: "unavailable", retryable: true } });
}

async function post({ api }: GatewayProcess, path: string, body: unknown): Promise<object> {
  const headers = { authorization: `Bearer ${testKey}`, "content-type": "application/json" };
  const response = await fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as object;
}

/** It is ready without having been touched, and serves a client. */
async function expectServing(gateway: GatewayProcess): Promise<void> {
  await vi.waitFor(async () => expect(await statusOf(gateway, "/readyz")).toBe(200), patience);
  const { token } = (await post(gateway, "/v1/tokens", { user: "ann" })) as { token: string };
  const client = new TestClient(gateway.url, { token });
  keep({ stop: async () => client.close() });
  await client.next("welcome");
  await client.request("subscribe", { channel: "chat:1" });
  await post(gateway, "/v1/publish", { channel: "chat:1", data: "hello" });
  expect(await client.next("message")).toMatchObject({ data: "hello" });
}

async function expectEnd(process: Process): Promise<void> {
  process.signal("SIGTERM");
  const began = performance.now();
  expect(await process.exit).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
}

/** A server that says it is of a version that is too old. */
async function oldRedis(port?: number): Promise<Passage> {
  const server = keep(await RedisServer.start());
  const passage = keep(await Passage.start(server.port, port));
  passage.rewrite = (bytes) => {
    const text = bytes.toString("latin1").replace(/(redis_version:)\d+(\.\d+)/g, "$15$2");
    return Buffer.from(text, "latin1");
  };
  return passage;
}

describe("a node that starts before Redis", { timeout: 90_000 }, () => {
  it("lives, lets nobody in, and is ready by itself once Redis has come", async () => {
    const redis = keep(await RedisServer.start());
    await redis.kill();
    const gateway = await startAt(redis.url);
    await expectUnready(gateway);
    await expectNoPublishing(gateway);
    await redis.start();
    await expectServing(gateway);
    await expectEnd(gateway.process);
  });

  it("waits as well for one that takes connections and does not answer", async () => {
    const redis = keep(await RedisServer.start());
    redis.freeze();
    const gateway = await startAt(redis.url);
    await expectUnready(gateway);
    await expectNoPublishing(gateway);
    redis.thaw();
    await expectServing(gateway);
  });

  it("waits for rights and passwords, and says what is missing", async () => {
    const redis = keep(await RedisServer.start());
    const url = redis.url.replace("//", "//ann:word@");
    const gateway = await startAt(url);
    await expectUnready(gateway);
    expect(gateway.process.stdout).toMatch(/WRONGPASS/);
    await redis.ask((client) => client.acl("SETUSER", "ann", "on", ">word", "+@all", "~elsewhere:*", "&*"));
    await vi.waitFor(() => expect(gateway.process.stdout).toMatch(/NOPERM/), patience);
    expect(await statusOf(gateway, "/readyz")).toBe(503);
    await redis.ask((client) => client.acl("SETUSER", "ann", "~tidegate:*"));
    await expectServing(gateway);
  });

  it("ends with 0 when it is told to stop, while it waits for Redis and while it listens without it", async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const early = keep(startMain({ ...environment(url), TIDEGATE_PORT: "0", TIDEGATE_ADMIN_PORT: "0" }));
    await early.until(() => early.stdout.includes("The connection to Redis has failed."));
    expect(logged(early, "node_listening")).toBeUndefined();
    await expectEnd(early);
    const gateway = await startAt(url);
    await expectUnready(gateway);
    await expectEnd(gateway.process);
  });
});

describe("a Redis that is too old", { timeout: 90_000 }, () => {
  it("ends the start with what is needed and what was found", async () => {
    const { url } = await oldRedis();
    const process = keep(startMain(environment(url)));
    expect(await process.exit).toBe(1);
    expect(process.stderr).toMatch(/^Redis 6\.2 or later is needed; this one is 5\.\d+\.\d+\.\n$/);
  });

  it("is told where it comes later, and the node waits for another", async () => {
    const port = await freePort();
    const gateway = await startAt(`redis://127.0.0.1:${port}`);
    const passage = await oldRedis(port);
    const said = () => gateway.process.stdout.includes("Redis 6.2 or later is needed; this one is 5.");
    await gateway.process.until(said);
    await expectUnready(gateway);
    passage.rewrite = (bytes) => bytes;
    await expectServing(gateway);
  });
});
