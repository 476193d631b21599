import { get } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createTokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import { Flood } from "../support/flood.ts";
import { metric, testKey, testSecret } from "../support/gateway.ts";
import { type GatewayProcess, logged, spawnGateway } from "../support/process.ts";
import { exchange, RawSocket, upgradeRequest } from "../support/raw-socket.ts";
import { RedisServer } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { Member } from "./member.ts";

/** Files that the node may have open, and how many sockets of these it leaves to the public port. */
const openFiles = 256;
const refuseAbove = 128;
const most = 192;

const channel = "chat:flood";
const calls = 50;

let redis: RedisServer;
let gateway: GatewayProcess;
let members: Member[];
let flood: Flood | undefined;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(() => redis.stop());

async function start(): Promise<void> {
  members = [];
  gateway = await spawnGateway(
    {
      TIDEGATE_REDIS_URL: redis.url,
      TIDEGATE_TOKEN_SECRET: testSecret,
      TIDEGATE_API_KEYS: testKey,
      TIDEGATE_HANDSHAKE_RATE: "0",
      TIDEGATE_MAX_LOOP_DELAY: "0ms",
    },
    { openFiles },
  );
  await until(async () => (await status("/readyz")) === 200, "the node does not become ready");
}

afterEach(async () => {
  flood?.end();
  for (const member of members) member.close();
  await gateway.process.stop();
});

/** A call of the admin port on a connection of its own. @returns the code of an error where it is not answered */
function status(path: string): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const request = get(`${gateway.api}${path}`, { agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    request.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

async function publish(data: string): Promise<number> {
  const headers = { authorization: `Bearer ${testKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ channel, data });
  return (await fetch(`${gateway.api}/v1/publish`, { method: "POST", headers, body })).status;
}

async function join(user: string): Promise<Member> {
  const tokens = await createTokens({ secrets: [testSecret], maxLifetime: 3_600_000, log: silentLog });
  const { token } = await tokens.sign({ user, ttl: 600_000 });
  const member = new Member(gateway.url, token, Number.POSITIVE_INFINITY);
  members.push(member);
  await member.welcomed;
  expect(await member.ask("subscribe", { channel })).toMatchObject({ ok: true });
  return member;
}

async function expectDelivered(member: Member, data: string): Promise<void> {
  const heard = () => member.seen.some((message) => message.data === data);
  await until(heard, `who is in does not receive "${data}"`);
}

function turnedAway(): Promise<number> {
  return metric(gateway.api, "tidegate_handshakes_turned_away_total", 'reason="descriptors"');
}

it("a node lives through more sockets than it may have open, and serves who is in", async () => {
  await start();
  const member = await join("ann");
  flood = new Flood(gateway.port, 2 * openFiles);
  await until(async () => (await turnedAway()) > 0, "nobody is turned away");

  const answers = new Set<unknown>();
  for (let call = 0; call < calls; call += 1) {
    answers.add(await status("/livez"));
    answers.add(await status("/readyz"));
  }
  expect([...answers]).toEqual([200]);
  expect(await publish("during the flood")).toBe(200);
  await expectDelivered(member, "during the flood");

  await redis.ask(async (client) => {
    await client.call("CLIENT", "KILL", "TYPE", "pubsub");
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  });
  await until(
    async () => (await publish("on new connections to Redis")) === 200,
    "Redis is not reached again",
  );
  await expectDelivered(member, "on new connections to Redis");
  expect(await metric(gateway.api, "process_open_fds")).toBeLessThan(openFiles);
}, 60_000);

it("tells when it begins to refuse and when it ends, and takes newcomers after the flood", async () => {
  await start();
  flood = new Flood(gateway.port, 2 * openFiles);
  const refuses = "newcomers_refused";
  await gateway.process.until(() => logged(gateway.process, refuses) !== undefined);
  expect(logged(gateway.process, refuses)).toMatchObject({ level: "warn", reason: "descriptors" });

  flood.end();
  const takes = "newcomers_accepted";
  await gateway.process.until(() => logged(gateway.process, takes) !== undefined);
  const newcomer = await join("bob");
  expect(await publish("after the flood")).toBe(200);
  await expectDelivered(newcomer, "after the flood");
}, 60_000);

it("a newcomer above the reserve is told to come back, before connections are dropped", async () => {
  await start();
  flood = new Flood(gateway.port, (refuseAbove + most) / 2);
  const answer = await exchange(gateway.port, upgradeRequest());
  expect(answer).toMatch(/^HTTP\/1.1 503 /);
  expect(answer).toMatch(/\r\nRetry-After: [1-5]\r\n/);
  expect(answer).toContain('"code":"unavailable"');
  expect(await turnedAway()).toBe(1);
  expect(await metric(gateway.api, "tidegate_refusals_total", 'code="unavailable"')).toBe(1);
}, 60_000);

it("sockets that have gone count no more, also those that were WebSockets", async () => {
  await start();
  for (let round = 0; round < 3; round += 1) {
    const sockets = Array.from({ length: refuseAbove / 2 }, () => RawSocket.open(gateway.port));
    for (const socket of await Promise.all(sockets)) socket.destroy();
    // Only those of the callers are left, and Redis's.
    const left = async () => (await metric(gateway.api, "process_open_fds")) < refuseAbove / 2;
    await until(left, "the node keeps sockets of those who have gone");
  }
  await join("ann");
  expect(await turnedAway()).toBe(0);
}, 60_000);

it("a start with a limit below the capacity says what to raise", async () => {
  await start();
  const { stdout } = gateway.process;
  expect(stdout).toMatch(
    /"level":"warn".*TIDEGATE_CAPACITY is 10000.*256 open files.*128 connections.*ulimit -n.*LimitNOFILE.*nofile/,
  );
}, 60_000);
