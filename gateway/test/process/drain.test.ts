import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createTokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/ports.ts";
import { type GatewayProcess, logged, type Process, spawnGateway, startMain } from "../support/process.ts";
import { RedisServer } from "../support/redis-server.ts";

const secret = "drain-test-secret-drain-test-secret";
const apiKey = "drain-test-key";

const processes: Process[] = [];
const clients: TestClient[] = [];
const servers: RedisServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const process of processes.splice(0)) await process.stop();
  for (const server of servers.splice(0)) await server.stop();
});

async function startRedis(): Promise<RedisServer> {
  const redis = await RedisServer.start();
  servers.push(redis);
  return redis;
}

async function start(env: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await spawnGateway({ TIDEGATE_TOKEN_SECRET: secret, TIDEGATE_API_KEYS: apiKey, ...env });
  processes.push(gateway.process);
  return gateway;
}

async function connect({ url }: GatewayProcess, user: string): Promise<TestClient> {
  const tokens = await createTokens({ secrets: [secret], maxLifetime: 86_400_000, log: silentLog });
  const client = new TestClient(url, { token: (await tokens.sign({ user, ttl: 3_600_000 })).token });
  clients.push(client);
  await client.next("welcome");
  return client;
}

interface Answer {
  status: number | undefined;
  connection: string | undefined;
}

/** Publishes through the server API over the agent's connection. */
function publish({ api }: GatewayProcess, agent: Agent): Promise<Answer> {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request(`${api}/v1/publish`, { agent, method: "POST", headers }, (response) => {
      response.resume().on("end", () => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
      });
    });
    call.on("error", reject);
    call.end(JSON.stringify({ channel: "chat:1", data: 1 }));
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

describe("the server API of a node that drains", { timeout: 60_000 }, () => {
  it("serves until nobody is listening, each answer the last on its connection", async () => {
    const gateway = await start({ TIDEGATE_DRAIN_WINDOW: "1s" });
    await Promise.all([connect(gateway, "ann"), connect(gateway, "bob")]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await publish(gateway, agent)).toEqual({ status: 200, connection: "keep-alive" });
    gateway.process.signal("SIGTERM");
    await gateway.process.until(() => logged(gateway.process, "node_draining") !== undefined);
    const answers: Answer[] = [];
    await vi.waitUntil(
      async () => {
        try {
          answers.push(await publish(gateway, agent));
          return false;
        } catch (error) {
          if (codeOf(error) === "ECONNREFUSED") return true;
          // In the instant in which listening ends, the system resets what it had not handed over; then nobody listens.
          expect(codeOf(error)).toBe("ECONNRESET");
          await expect(publish(gateway, agent)).rejects.toMatchObject({ code: "ECONNREFUSED" });
          return true;
        }
      },
      { timeout: 30_000, interval: 1 },
    );
    agent.destroy();
    expect(answers.length).toBeGreaterThan(10);
    for (const answer of answers) expect(answer).toEqual({ status: 200, connection: "close" });
    expect(await gateway.process.exit).toBe(0);
  });

  it("gives callers who keep a connection the time to come and hear of it", async () => {
    const gateway = await start({});
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await publish(gateway, agent);
    gateway.process.signal("SIGTERM");
    await gateway.process.until(() => logged(gateway.process, "node_draining") !== undefined);
    await sleep(200);
    expect(await publish(gateway, agent)).toEqual({ status: 200, connection: "close" });
    agent.destroy();
    expect(await gateway.process.exit).toBe(0);
  });
});

describe("a node that drains", { timeout: 60_000 }, () => {
  it("answers the requests that are under way before it says goodbye", async () => {
    const redis = await startRedis();
    const gateway = await start({ TIDEGATE_REDIS_URL: redis.url, TIDEGATE_DRAIN_WINDOW: "0ms" });
    const client = await connect(gateway, "ann");
    await redis.ask((commands) => commands.call("CLIENT", "PAUSE", "500", "WRITE"));
    const order: unknown[] = [];
    client.socket.on("goodbye", () => order.push("goodbye"));
    client.socket.emit("publish", { channel: "chat:1", data: 1 }, (reply: unknown) => order.push(reply));
    // Another request's answer tells that the publication has been read.
    expect(await client.request("nothing", {})).toMatchObject({ ok: false });
    gateway.process.signal("SIGTERM");
    await client.next("goodbye");
    expect(order).toEqual([{ ok: true, position: expect.any(String) }, "goodbye"]);
    expect(await gateway.process.exit).toBe(0);
  });

  it.each(["frozen", "gone"])("ends with 0 while Redis is %s", async (trouble) => {
    const redis = await startRedis();
    const gateway = await start({ TIDEGATE_REDIS_URL: redis.url, TIDEGATE_DRAIN_WINDOW: "1s" });
    const ann = await connect(gateway, "ann");
    await Promise.all(["bob", "carol"].map((user) => connect(gateway, user)));
    await ann.request("subscribe", { channel: "chat:1" });
    if (trouble === "frozen") redis.freeze();
    else await redis.kill();
    gateway.process.signal("SIGTERM");
    expect(await gateway.process.exit).toBe(0);
    expect(logged(gateway.process, "node_stopped")).toMatchObject({ left: 0 });
    for (const client of clients) expect(client.of("goodbye")).toMatchObject([{ reconnect: true }]);
  });

  it("ends with 0 where it was told to before it listened", async () => {
    // Nothing answers there, so the start waits for a while.
    const process = startMain({ TIDEGATE_REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    processes.push(process);
    await process.until(() => process.stdout.includes('"level"'));
    expect(logged(process, "node_listening")).toBeUndefined();
    process.signal("SIGTERM");
    expect(await process.exit).toBe(0);
    expect(logged(process, "node_listening")).toBeUndefined();
  });
});
