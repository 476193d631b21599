import { once } from "node:events";
import type { Socket } from "node:net";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClient } from "../../../../src/backplane/redis/connection/client.ts";
import { RedisConnection } from "../../../../src/backplane/redis/connection/redis-connection.ts";
import { silentLog } from "../../../../src/log.ts";
import { noMeter } from "../../../../src/meter.ts";
import { ThrottledLog } from "../../../../src/throttled-log.ts";
import { RedisServer } from "../../../support/redis-server.ts";

let server: RedisServer;
let client: Redis;
let line: RedisConnection;

beforeEach(async () => {
  server = await RedisServer.start();
  client = createClient(server, "line");
  line = new RedisConnection(client, {
    role: "commands",
    throttledLog: new ThrottledLog(silentLog),
    meter: noMeter,
  });
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

it("gives up a connection that its client is ending by itself", async () => {
  const lost = client.stream;
  client.disconnect(true);
  expect(line.ready).toBe(false);
  await expect(line.call((redis) => redis.ping())).rejects.toMatchObject({ code: "unavailable" });
  line.restart();
  await vi.waitFor(() => expect([line.ready, client.stream === lost]).toEqual([true, false]));
  expect(await line.call((redis) => redis.ping())).toBe("PONG");
});

it("is made anew where its stream has died and the client was not told", async () => {
  const dead = client.stream;
  const tell = dead.emit.bind(dead);
  const silence = vi.spyOn(dead, "emit").mockImplementation((name, ...said) => {
    return name !== "close" && tell(name, ...said);
  });
  dead.destroy();
  await vi.waitFor(() => expect(silence).toHaveBeenCalledWith("close", false));
  silence.mockRestore();
  expect([dead.destroyed, client.status]).toEqual([true, "ready"]);
  expect([line.ready, line.answering, line.stuck]).toEqual([false, false, true]);
  await expect(line.call((redis) => redis.ping())).rejects.toMatchObject({ code: "unavailable" });
  line.restart();
  await vi.waitFor(() => expect([line.ready, line.stuck]).toEqual([true, false]));
  expect(await line.call((redis) => redis.ping())).toBe("PONG");
});

it("is given up any number of times for one new connection", async () => {
  const ready = vi.fn();
  line.onReady(ready);
  for (let time = 0; time < 3; time += 1) line.restart();
  await vi.waitFor(() => expect(line.ready).toBe(true));
  expect(await line.call((redis) => redis.ping())).toBe("PONG");
  expect(ready).toHaveBeenCalledOnce();
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
