import { once } from "node:events";
import type { Socket } from "node:net";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Complaints } from "../../../src/cluster/redis/complaints.ts";
import { createClient } from "../../../src/cluster/redis/connection.ts";
import { Line } from "../../../src/cluster/redis/line.ts";
import { silentLog } from "../../../src/log.ts";
import { noMeter } from "../../../src/meter.ts";
import { RedisServer } from "../../support/redis-server.ts";

let server: RedisServer;
let client: Redis;
let line: Line;

beforeEach(async () => {
  server = await RedisServer.start();
  client = createClient(server, "line");
  line = new Line(client, { role: "commands", complaints: new Complaints(silentLog), meter: noMeter });
  await line.connect();
});

afterEach(async () => {
  line.stop();
  await server.stop();
});

it("is back where its client has given up for good", async () => {
  // What a client behind Sentinels comes to where it hears of a failover while it asks where to connect.
  client.disconnect();
  await once(client, "end");
  await vi.waitFor(() => expect(line.ready).toBe(true));
  expect(await line.call((redis) => redis.ping())).toBe("PONG");
});

it("gives up a connection with what it has still to send, which would arrive late", async () => {
  const lost = client.stream as Socket;
  const reset = vi.spyOn(lost, "resetAndDestroy");
  line.restart();
  expect(reset).toHaveBeenCalledOnce();
  await vi.waitFor(() => expect([line.ready, client.stream === lost]).toEqual([true, false]));
});

it("does not come back once it is stopped", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    line.stop();
    await once(client, "end");
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
