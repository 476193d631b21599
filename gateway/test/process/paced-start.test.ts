import { afterEach, expect, it, vi } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";

const gateways: Gateway[] = [];
let redis: RedisServer | undefined;

afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
  await redis?.stop();
});

async function start(url: string): Promise<Gateway> {
  const gateway = await startGateway({ env: { TIDEGATE_REDIS_URL: url, TIDEGATE_PACED_START: "true" } });
  gateways.push(gateway);
  return gateway;
}

it("the first node is ready at once, the second one after a while, in which it says why", {
  timeout: 60_000,
}, async () => {
  redis = await RedisServer.start();
  const first = await start(redis.url);
  await vi.waitUntil(async () => (await first.call("GET", "/readyz")).status === 200, { timeout: 10_000 });

  const second = await start(redis.url);
  expect(await second.call("GET", "/readyz")).toMatchObject({
    status: 503,
    body: { error: { code: "unavailable", message: "This node is ready when fewer others drain." } },
  });
  const patience = { timeout: 40_000, interval: 200 };
  await vi.waitUntil(async () => (await second.call("GET", "/readyz")).status === 200, patience);
  expect((await first.call("GET", "/readyz")).status).toBe(200);
});
