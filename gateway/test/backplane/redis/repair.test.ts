import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClient } from "../../../src/backplane/redis/connection/client.ts";
import { RedisConnection } from "../../../src/backplane/redis/connection/redis-connection.ts";
import { readHistory } from "../../../src/backplane/redis/history/history-reader.ts";
import { Keys } from "../../../src/backplane/redis/keys.ts";
import { silentLog } from "../../../src/log.ts";
import { noMeter } from "../../../src/meter.ts";
import { ThrottledLog } from "../../../src/throttled-log.ts";
import { draft, lasting, textOf } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";

const patience = { timeout: 15_000, interval: 20 };

let server: RedisServer;
let node: TestNode;
let repaired: number;

beforeEach(async () => {
  repaired = 0;
  server = await RedisServer.start();
  const gap = (result: string) => {
    if (result === "repaired") repaired += 1;
  };
  node = await startNode(server, "node-a", { timings: hurry, meter: { ...noMeter, gap } });
  await node.backplane.broker.subscribe("room", lasting);
  await node.backplane.broker.publish(draft("room", 0, { retention: lasting }));
  await vi.waitFor(() => expect(node.deliveries).toHaveLength(1), patience);
});

afterEach(async () => {
  await node.backplane.stop();
  await server.stop();
});

it("brings what was missed as it would have come: with its attachments, and past whom it left out", async () => {
  const bytes = Buffer.from([1, 2, 3]);
  const drafts = [
    draft("room", "plain", { retention: lasting }),
    draft("room", bytes, { retention: lasting }),
    draft("room", "but ann", { retention: lasting, except: ["ann"] }),
    draft("room", bytes, { retention: lasting, except: ["ann", "bob"] }),
  ];
  // The connection is not back as fast as that: the messages are stored, and not heard.
  await server.ask((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await Promise.all(drafts.map((one) => node.backplane.broker.publish(one)));
  await vi.waitFor(() => expect(node.deliveries).toHaveLength(5), patience);
  expect(repaired).toBe(1);
  const brought = node.deliveries.slice(1);
  expect(brought.map(({ except }) => except)).toEqual([[], [], ["ann"], ["ann", "bob"]]);
  expect(brought.map(({ attachments }) => attachments.map((one) => Buffer.from(one)))).toEqual([
    [],
    [bytes],
    [],
    [bytes],
  ]);
  expect(brought.map((one) => textOf(one).includes('"but ann"'))).toEqual([false, false, true, false]);
});

it("finds on a silent channel what was stored and never brought, although no connection was lost", async () => {
  // What this one publishes goes to pub/sub channels that the other does not hear.
  const mute = await startNode(server, "node-b", { timings: hurry, channelPrefix: "elsewhere" });
  await Promise.all(
    [1, 2].map((value) => mute.backplane.broker.publish(draft("room", value, { retention: lasting }))),
  );
  await vi.waitFor(
    () => expect(node.deliveries.map(({ position }) => position?.offset)).toEqual([1, 2, 3]),
    patience,
  );
  expect(repaired).toBe(1);
  expect(node.lost).toEqual([]);
  await mute.backplane.stop();
});

it("counts whom messages left out as a part of what one reply brings", async () => {
  const except = Array.from({ length: 100 }, (_, index) => `connection-${index}`);
  const drafts = Array.from({ length: 20 }, (_, value) =>
    draft("other", value, { retention: lasting, except }),
  );
  await Promise.all(drafts.map((one) => node.backplane.broker.publish(one)));
  const throttledLog = new ThrottledLog(silentLog);
  const line = new RedisConnection(createClient(server, "test"), {
    role: "commands",
    throttledLog,
    meter: noMeter,
  });
  await line.connect();
  const read = { channel: "other", retention: lasting, from: "start" } as const;
  const budget = { messages: 100, bytes: 10_000, attachments: 100 };
  const of = async (forRepair: boolean) =>
    (await readHistory(() => line, new Keys("tidegate:", "socket.io", false), [read], budget, forRepair))[0];
  const repair = await of(true);
  expect(repair?.more).toBe(true);
  expect(repair?.entries.length).toBeLessThan(10);
  expect(repair?.entries[0]?.except).toEqual(except);
  // Who comes back is brought them all the same, and pays nothing for that.
  const recovery = await of(false);
  expect(recovery).toMatchObject({ more: false, entries: { length: 20 } });
  expect(recovery?.entries[0]?.except).toEqual([]);
  line.stop();
});
