import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { draft, lasting, roomy } from "../../contract/harness.ts";
import { told } from "../../contract/manners.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { RedisCluster } from "./redis-cluster.ts";
import { Sentinels } from "./sentinel.ts";

const patience = { timeout: 15_000, interval: 20 };
const password = "a word";
const credentials = { timings: hurry, username: "tidegate", password };

const file = await readFile(new URL("../../../../deploy/redis.acl", import.meta.url), "utf8");
/** What the file says of the gateway's user. */
const rights = (/^user tidegate (.*)$/m.exec(file)?.[1] ?? "").split(" ");
const commands = rights.flatMap((one) => (one.startsWith("+") ? [one.slice(1)] : []));

/** Does everything that nodes do to Redis. */
async function doEverything(server: { url: string }, midway?: () => Promise<unknown>): Promise<void> {
  const node = await startNode(server, "node-a", credentials);
  const other = await startNode(server, "node-b", credentials);
  const { broker, revocations } = node.backplane;
  await meet(node, other);
  await midway?.();
  const brief = { size: 2, ttl: 50 };
  await broker.subscribe("room", lasting);
  for (const retention of [lasting, brief, brief, undefined]) {
    await broker.publish(draft("room", 1, { retention, idempotencyKey: String(retention?.size) }));
  }
  for (const from of ["top", "start", "newest"] as const) {
    await broker.read([{ channel: "room", retention: brief, from }], roomy);
  }
  await vi.waitFor(async () => {
    const [page] = await broker.read([{ channel: "room", retention: brief, from: "start" }], roomy);
    expect(page?.entries).toEqual([]);
  }, patience);
  await broker.clear("room", lasting);
  broker.unsubscribe("room");
  await revocations.revoke("ann", Math.floor(Date.now() / 1_000));
  expect(await revocations.revokedBefore("ann")).toBeTypeOf("number");
  await comeAndGo(node, other);
  await node.backplane.stop();
}

async function meet(node: TestNode, other: TestNode): Promise<void> {
  for (const { backplane } of [node, other]) backplane.peers.attach("0", () => {});
  const { control } = node.backplane;
  await vi.waitFor(async () => {
    const { unreached } = await control.send({ kind: "connections", user: "ann" });
    expect(unreached).toEqual([]);
    expect(await control.nodes()).toHaveLength(2);
    expect(await other.backplane.control.nodes()).toHaveLength(2);
    expect(await node.backplane.peers.count()).toBe(2);
  }, patience);
}

async function comeAndGo(node: TestNode, other: TestNode): Promise<void> {
  const { presence } = node.backplane;
  const ann = { user: "ann", connection: "a" };
  await presence.enter("room", ann, told);
  await presence.enter("room", { user: "cid", connection: "c" }, told);
  await presence.leave("room", { user: "cid", connection: "c" }, told);
  await other.backplane.presence.enter("room", { user: "bob", connection: "b" }, told);
  await presence.setAway("room", ann, 1, told);
  await other.backplane.stop();
  const away = { user: "ann", state: "away", since: 1, connections: 1 };
  expect((await presence.page("room", 10, undefined)).users).toEqual([away]);
}

/** Commands that were called since the count began, and what was refused. */
async function usage(client: Redis): Promise<{ used: string[]; refused: string[] }> {
  const stats = await client.info("commandstats");
  const used = [...stats.matchAll(/^cmdstat_(\S+?):calls/gm)].map(([, name = ""]) => name.toLowerCase());
  const log = (await client.acl("LOG")) as unknown[];
  // These are tried, and done without.
  const refused = log.map(String).filter((entry) => !/config\|get|client\|setinfo/.test(entry));
  return { used, refused };
}

async function beginCount(client: Redis): Promise<void> {
  await client.config("RESETSTAT");
  await client.acl("LOG", "RESET");
}

/** Runs it all where the user is made by an administrator's command, on servers that have one in common. */
async function watched(servers: readonly RedisServer[], place: { url: string }) {
  for (const server of servers) {
    await server.ask((client) => client.acl("SETUSER", "tidegate", ...rights, `>${password}`));
    await server.ask(beginCount);
  }
  await doEverything(place);
  const seen = await Promise.all(servers.map((server) => server.ask(usage)));
  return { used: seen.flatMap(({ used }) => used), refused: seen.flatMap(({ refused }) => refused) };
}

describe("the user of deploy/redis.acl", { timeout: 90_000 }, () => {
  let directory: string;
  const used = new Set<string>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tidegate-acl-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("can do everything on a server that has the file", async () => {
    const path = join(directory, "users.acl");
    const hash = createHash("sha256").update(password).digest("hex");
    const known = file.replace(/^user tidegate on/m, `$& #${hash}`);
    await writeFile(path, `${known}user admin on >of-admin ~* &* +@all\n`);
    const server = await RedisServer.start("--aclfile", path);
    const admin = new Redis(server.port, { username: "admin", password: "of-admin" });
    await beginCount(admin);
    await doEverything(server, () => admin.script("FLUSH"));
    const found = await usage(admin);
    for (const name of found.used) used.add(name);
    expect(found.refused).toEqual([]);
    await expect(server.ask((client) => client.get("tidegate:x"))).rejects.toThrow("NOPERM");
    admin.disconnect();
    await server.stop();
  });

  it("can do everything behind Sentinel and in a Redis Cluster", async () => {
    const sentinels = await Sentinels.start();
    const behind = await watched(sentinels.servers, sentinels);
    await sentinels.stop();
    const backplane = await RedisCluster.start();
    const within = await watched(backplane.servers, backplane);
    await backplane.stop();
    for (const name of [...behind.used, ...within.used]) used.add(name);
    expect([...behind.refused, ...within.refused]).toEqual([]);
  });

  it("may do nothing that is not done", () => {
    expect(commands.length).toBeGreaterThan(30);
    expect(commands.filter((name) => !used.has(name))).toEqual([]);
  });

  it("may use no other keys and pub/sub channels", async () => {
    const server = await RedisServer.start();
    await server.ask((client) => client.acl("SETUSER", "tidegate", ...rights, `>${password}`));
    const user = new Redis(server.port, { username: "tidegate", password });
    user.on("error", () => {});
    for (const name of [
      "socket.io#/#",
      "socket.io#/#room#",
      "socket.io-request#/#",
      "socket.io-response#/#x#",
    ]) {
      expect(await user.publish(name, "")).toBe(0);
    }
    await expect(user.publish("socket.iox", "")).rejects.toThrow("NOPERM");
    await expect(user.subscribe("other")).rejects.toThrow("NOPERM");
    await expect(user.get("other")).rejects.toThrow("NOPERM");
    await expect(user.flushall()).rejects.toThrow("NOPERM");
    user.disconnect();
    await server.stop();
  });
});
