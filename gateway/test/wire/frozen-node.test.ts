import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { testKey, testSecret } from "../support/gateway.ts";
import { type GatewayProcess, spawnGateway } from "../support/process.ts";
import { RedisServer } from "../support/redis-server.ts";

const patience = { timeout: 15_000, interval: 20 };
const names = ["first", "second", "frozen"];

let redis: RedisServer;
let nodes: GatewayProcess[];
const clients: TestClient[] = [];

interface Answer {
  status: number;
  body: Record<string, unknown>;
  /** Milliseconds. */
  took: number;
}

/** Calls the server API of the first node. */
async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { authorization: `Bearer ${testKey}`, "content-type": "application/json" };
  const began = performance.now();
  const response = await fetch(`${nodes[0]?.api}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body: answer, took: performance.now() - began };
}

async function connectTo(node: GatewayProcess, user: string): Promise<TestClient> {
  const { body } = await call("POST", "/v1/tokens", { user });
  const client = new TestClient(node.url, { token: body.token });
  clients.push(client);
  await client.next("welcome");
  return client;
}

beforeAll(async () => {
  redis = await RedisServer.start();
  const env = (node: string) => ({
    TIDEGATE_REDIS_URL: redis.url,
    TIDEGATE_NODE_ID: node,
    TIDEGATE_TOKEN_SECRET: testSecret,
    TIDEGATE_API_KEYS: testKey,
    TIDEGATE_DRAIN_WINDOW: "0s",
  });
  nodes = await Promise.all(names.map((name) => spawnGateway(env(name))));
  await vi.waitFor(async () => expect((await call("GET", "/v1/nodes")).body.nodes).toHaveLength(3), {
    timeout: 15_000,
  });
}, 60_000);

afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(nodes.map(({ process }) => process.stop()));
  await redis.stop();
});

describe("the server API, while another node is frozen", { timeout: 60_000 }, () => {
  it("reaches the others within a second, and names the frozen one", async () => {
    const [, second, frozen] = nodes;
    if (!second || !frozen) throw new Error("There are three nodes.");
    const ann = await connectTo(second, "ann");
    await connectTo(frozen, "ann");
    frozen.process.signal("SIGSTOP");

    const found = await call("GET", "/v1/connections?user=ann");
    expect(found.body.connections).toMatchObject([{ user: "ann", node: "second" }]);
    const joined = await call("POST", "/v1/subscribe", { user: "ann", channel: "chat:1" });
    expect(await ann.next("subscribed")).toMatchObject({ channel: "chat:1" });
    const ended = await call("POST", "/v1/disconnect", { user: "ann", reconnect: true });
    expect(await ann.next("goodbye")).toMatchObject({ code: "disconnected" });
    await ann.next("welcome", 2);
    const revoked = await call("POST", "/v1/revoke", { user: "ann" });
    expect(await ann.next("goodbye", 2)).toMatchObject({ code: "revoked" });
    const listed = [await call("GET", "/v1/nodes"), await call("GET", "/v1/nodes")];
    frozen.process.signal("SIGCONT");

    for (const answer of [joined, ended, revoked]) expect(answer.body.connections).toBe(1);
    for (const answer of [found, joined, ended, revoked]) {
      expect(answer).toMatchObject({ status: 200, body: { unreached: ["frozen"] } });
    }
    for (const { status } of listed) expect(status).toBe(200);
    // On a busy machine one of them may be late for other reasons.
    const fastest = (answers: { took: number }[]) => Math.min(...answers.map(({ took }) => took));
    expect(fastest([found, joined, ended, revoked])).toBeLessThan(1_000);
    expect(fastest(listed)).toBeLessThan(1_000);
  });

  it("has had its commands reach the frozen one once that thawed", async () => {
    expect(await clients.at(-1)?.next("goodbye")).toMatchObject({ code: "disconnected" });
    await vi.waitFor(async () => {
      expect((await call("GET", "/v1/connections?user=ann")).body).toEqual({ connections: [] });
    }, patience);
  });
});
