import { afterEach, expect, it, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { RedisServer } from "../support/redis-server.ts";

/** More than 500 above the average of the two nodes. */
const crowd = 1_050;
/** Milliseconds after which nodes are no longer taken for new ones. */
const later = 200_000;

const gateways: Gateway[] = [];
const sockets: RawSocket[] = [];
const clients: TestClient[] = [];
let redis: RedisServer | undefined;

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const gateway of gateways.splice(0)) await gateway.stop();
  await redis?.stop();
});

async function join(port: number): Promise<void> {
  const socket = await RawSocket.open(port);
  sockets.push(socket);
  socket.send("40");
  await socket.next("40");
}

it("a node with many more connections than the other sends some of them away, to come back", {
  timeout: 240_000,
}, async () => {
  redis = await RedisServer.start();
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const env = { TIDEGATE_REDIS_URL: redis.url, TIDEGATE_ANONYMOUS: "true", TIDEGATE_REBALANCE: "true" };
  for (const name of ["full", "empty"]) {
    gateways.push(await startGateway({ env: { ...env, TIDEGATE_NODE_ID: name }, now }));
  }
  const [full, empty] = gateways;
  if (!full || !empty) throw new Error("no gateways");
  // The oldest are the first to go.
  const oldest = new TestClient(full.url, {});
  clients.push(oldest);
  await oldest.next("welcome");
  while (sockets.length < crowd) {
    await Promise.all(Array.from({ length: 50 }, () => join(full.port)));
  }
  expect(await full.metric("tidegate_rebalanced_total")).toBe(0);
  ahead = later;

  const wait = { timeout: 60_000, interval: 20 };
  await vi.waitUntil(() => oldest.of("goodbye").length > 0, wait);
  expect(oldest.of("goodbye")).toMatchObject([
    { code: "draining", reconnect: true, after: expect.any(Number) },
  ]);
  await vi.waitUntil(() => oldest.of("welcome").length === 2, wait);
  expect(await full.metric("tidegate_rebalanced_total")).toBeGreaterThan(0);
  expect(await empty.metric("tidegate_rebalanced_total")).toBe(0);
});
