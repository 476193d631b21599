import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";

const patience = { timeout: 15_000, interval: 10 };
const publication = (data: unknown) => ({ channel: "chat:1", data });

let redis: RedisServer;
let gateway: Gateway;
let client: TestClient;

beforeEach(async () => {
  redis = await RedisServer.start("--appendonly", "yes");
  gateway = await startGateway({ env: { TIDEGATE_REDIS_URL: redis.url } });
  client = await connect(gateway, "ann");
  await client.request("subscribe", { channel: "chat:1" });
});

afterEach(async () => {
  redis.thaw();
  client.close();
  await gateway.stop();
  await redis.stop();
});

function handshake(): Promise<number> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  return new Promise((resolve, reject) => {
    const asked = request(`${gateway.url}/socket.io/?EIO=4&transport=websocket`, { headers });
    asked.on("response", ({ statusCode = 0 }) => resolve(statusCode));
    asked.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject).end();
  });
}

/** What holds while Redis is away: the refusals come in time, the sockets stay. */
async function expectRefusals(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const began = performance.now();
    const [answer, reply] = await Promise.all([
      gateway.call("POST", "/v1/publish", publication("lost")),
      client.request("publish", publication("lost")),
    ]);
    times.push(performance.now() - began);
    const error = { code: "unavailable", retryable: true };
    expect(answer).toMatchObject({ status: 503, body: { error } });
    expect(reply).toMatchObject({ ok: false, error });
  }
  // On a busy machine one of them may be late for other reasons.
  expect(Math.min(...times)).toBeLessThan(1_000);
  await vi.waitFor(async () => expect(await handshake()).toBe(503), patience);
  expect((await fetch(`${gateway.api}/readyz`)).status).toBe(200);
  expect(client.socket.connected).toBe(true);
}

/** Everything works again, and the client of before has not noticed more than a gap. */
async function expectBack(): Promise<void> {
  const published = async () => (await gateway.call("POST", "/v1/publish", publication("back"))).status;
  await vi.waitFor(async () => expect(await published()).toBe(200), patience);
  await vi.waitFor(async () => expect(await handshake()).toBe(101), patience);
  expect(client.socket.connected).toBe(true);
  expect(client.of("welcome")).toHaveLength(1);
  await client.request("subscribe", { channel: "chat:1" });
  await gateway.call("POST", "/v1/publish", publication("after"));
  await vi.waitFor(() => expect(client.messages("chat:1").at(-1)?.data).toBe("after"), patience);
}

describe("without Redis", { timeout: 60_000 }, () => {
  it("that hangs, publishing fails in time, sockets stay, and all is back by itself", async () => {
    redis.freeze();
    await expectRefusals();
    redis.thaw();
    await expectBack();
  });

  it("that is killed, publishing fails in time, sockets stay, and all is back by itself", async () => {
    await redis.kill();
    await expectRefusals();
    await redis.start();
    await expectBack();
  });
});
