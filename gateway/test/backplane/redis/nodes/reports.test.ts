import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type BackplaneMeter, noMeter } from "../../../../src/meter.ts";
import { draft, lasting } from "../../../contract/harness.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "../harness.ts";

const patience = { timeout: 15_000, interval: 20 };

let server: RedisServer;
let node: TestNode;
/** How often each was reported. */
let reports: Record<string, number>;

function note(report: string): void {
  reports[report] = (reports[report] ?? 0) + 1;
}

beforeEach(async () => {
  reports = {};
  const meter: BackplaneMeter = {
    ...noMeter,
    redisConnected: (role) => note(`${role} connected`),
    redisAnswered: (role) => note(`${role} answered`),
    redisFailed: (role) => note(`${role} failed`),
    gap: note,
    leaseLost: () => note("lease lost"),
    unreached: (nodes) => note(`${nodes} unreached`),
  };
  server = await RedisServer.start();
  node = await startNode(server, "node-a", { timings: hurry, meter });
});

afterEach(async () => {
  await node.backplane.stop();
  await server.stop();
});

it("says that both connections are there, and each that is made again", async () => {
  await vi.waitFor(
    () => expect(reports).toMatchObject({ "commands connected": 1, "subscriber connected": 1 }),
    patience,
  );
  expect(node.backplane.status()).toMatchObject({ connected: { commands: 1, subscriber: 1 }, nodes: 1 });
  await server.ask((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await vi.waitFor(() => expect(reports["subscriber connected"]).toBe(2), patience);
  expect(reports["commands connected"]).toBe(1);
});

it("counts the answers, and the calls that had none", async () => {
  await node.backplane.broker.publish(draft("room", 1, { retention: lasting }));
  expect(reports["commands answered"]).toBeGreaterThan(0);
  await vi.waitFor(() => expect(node.backplane.status().lag).toBeGreaterThan(0), patience);
  server.freeze();
  const failure = node.backplane.broker.publish(draft("room", 2)).catch(({ code }) => code);
  await vi.waitFor(() => expect(node.backplane.status().pending).toBeGreaterThan(0), patience);
  expect(await failure).toBe("unavailable");
  expect(reports["commands failed"]).toBeGreaterThan(0);
  server.thaw();
});

it("tells a hole that was repaired from one that was not", async () => {
  const { broker } = node.backplane;
  await broker.subscribe("room", lasting);
  await broker.publish(draft("room", 1, { retention: lasting }));
  // The connection is not back as fast as that: the message is stored, and not heard.
  await server.ask((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await broker.publish(draft("room", 2, { retention: lasting }));
  await vi.waitFor(() => expect(reports).toMatchObject({ found: 1, repaired: 1 }), patience);
  expect(reports.lost).toBeUndefined();
  await server.flush();
  await vi.waitFor(() => expect(reports).toMatchObject({ lost: 1, "lease lost": 1 }), patience);
});
