import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connect, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";

const patience = { timeout: 15_000, interval: 50 };

let redis: RedisServer;
let nodes: Gateway[];
const clients: TestClient[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  nodes = await Promise.all(
    ["n1", "n2", "n3"].map((id) =>
      startGateway({ env: { TIDEGATE_REDIS_URL: redis.url, TIDEGATE_NODE_ID: id } }),
    ),
  );
  await vi.waitFor(async () => {
    for (const node of nodes) expect((await node.call("GET", "/v1/nodes")).body.nodes).toHaveLength(3);
  }, patience);
});

afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(nodes.map((node) => node.stop()));
  await redis.stop();
});

function nodeAt(index: number): Gateway {
  const node = nodes[index % nodes.length];
  if (!node) throw new Error("There is no such node.");
  return node;
}

/** Connects a user to each node in turn, and subscribes it. */
async function subscribe(user: string, at: number, ...channels: string[]): Promise<TestClient> {
  const client = await connect(nodeAt(at), user);
  clients.push(client);
  for (const channel of channels) await client.request("subscribe", { channel });
  return client;
}

interface Page {
  channels: { channel: string; subscribers: number; nodes: string[] }[];
  cursor?: string;
  unreached?: string[];
}

async function pageOf(at: number, query: string): Promise<Page> {
  const { status, body } = await nodeAt(at).call("GET", `/v1/channels?${query}`);
  expect(status).toBe(200);
  return body as unknown as Page;
}

describe("three nodes on one Redis", () => {
  it("tell the channels of all of them, whichever is asked", async () => {
    await subscribe("ann", 0, "page:b", "page:a");
    await subscribe("bob", 1, "page:a", "page:😀");
    await subscribe("eve", 2, "page:a");
    for (const at of [0, 1, 2]) {
      expect(await pageOf(at, "prefix=page:")).toEqual({
        channels: [
          { channel: "page:a", subscribers: 3, nodes: ["n1", "n2", "n3"].sort() },
          { channel: "page:b", subscribers: 1, nodes: ["n1"] },
          { channel: "page:😀", subscribers: 1, nodes: ["n2"] },
        ].map((channel) => ({ ...channel, nodes: expect.toSatisfy(sameAs(channel.nodes)) })),
      });
    }
  });

  it("tell them by pages, each once", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `walk:${String(at).padStart(2, "0")}`);
    for (const [at, name] of names.entries()) await subscribe(`user-${at}`, at, name);
    const found: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page: Page = await pageOf(0, `prefix=walk:&limit=5&cursor=${cursor}`);
      found.push(...page.channels.map(({ channel }) => channel));
      cursor = page.cursor;
    }
    expect(found).toEqual(names);
  });

  it("forget a channel whose last subscriber has gone", async () => {
    const client = await subscribe("gus", 1, "gone:1");
    expect((await pageOf(0, "prefix=gone:")).channels).toHaveLength(1);
    client.close();
    await vi.waitFor(async () => expect((await pageOf(0, "prefix=gone:")).channels).toEqual([]), patience);
  });

  it("tell how each of them does", async () => {
    const { body } = await nodeAt(1).call("GET", "/v1/stats");
    expect(body).not.toHaveProperty("unreached");
    expect(body.nodes).toMatchObject(
      ["n1", "n2", "n3"].map((node) => ({ node, draining: false, redis: { up: true }, step: 5_000 })),
    );
    await vi.waitFor(async () => {
      const { nodes: told } = (await nodeAt(0).call("GET", "/v1/stats")).body as {
        nodes: { series: { connections: unknown[] } }[];
      };
      for (const { series } of told) expect(series.connections.length).toBeGreaterThan(0);
    }, patience);
  });

  it("are told as unreached where Redis is gone, and all are back with it", async () => {
    await redis.kill();
    await vi.waitFor(async () => {
      const { status, body } = await nodeAt(0).call("GET", "/v1/stats");
      expect(status).toBe(200);
      expect([...(body.unreached as string[])].sort()).toEqual(["n2", "n3"]);
      expect(body.nodes).toMatchObject([{ node: "n1", redis: { up: false } }]);
    }, patience);
    expect((await pageOf(0, "")).unreached).toHaveLength(2);
    await redis.start();
    await vi.waitFor(async () => {
      const { body } = await nodeAt(0).call("GET", "/v1/stats");
      expect(body).not.toHaveProperty("unreached");
      expect(body.nodes).toHaveLength(3);
    }, patience);
  });
});

function sameAs(names: readonly string[]) {
  return (given: string[]) => JSON.stringify([...given].sort()) === JSON.stringify(names);
}
