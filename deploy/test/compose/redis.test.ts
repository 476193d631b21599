import { execFileSync } from "node:child_process";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCompose } from "./compose.ts";
import { type ComposedRedis, startRedis } from "./place.ts";

const compose = readCompose();
const { services } = compose;
const clients: Redis[] = [];

let redis: ComposedRedis;

beforeAll(async () => {
  redis = await startRedis(compose);
});

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await redis?.stop();
});

function connect(username?: string, password?: string): Redis {
  // Its own check of readiness asks for more than some may know.
  const options = { port: redis.port, lazyConnect: true, enableReadyCheck: false };
  const client = new Redis({ ...options, ...(username && { username, password }) });
  clients.push(client);
  return client;
}

it("gateways may use what is theirs", async () => {
  const { username, password } = new URL(services["gateway-1"]?.environment?.TIDEGATE_REDIS_URL ?? "");
  const gateway = connect(username, password);
  expect(await gateway.set("tidegate:a", "1")).toBe("OK");
  await expect(gateway.set("another", "1")).rejects.toThrow("NOPERM");
});

it("the exporter may look, at nothing that is stored", async () => {
  const { REDIS_USER, REDIS_PASSWORD } = services["redis-exporter"]?.environment ?? {};
  const exporter = connect(REDIS_USER, REDIS_PASSWORD);
  expect(await exporter.info()).toContain("redis_version");
  await expect(exporter.get("tidegate:a")).rejects.toThrow("NOPERM");
});

it("nobody else may do more than see that it is there, which is what its health is judged by", async () => {
  const nobody = connect();
  expect(await nobody.ping()).toBe("PONG");
  await expect(nobody.get("tidegate:a")).rejects.toThrow("NOPERM");
  const [form, program = "", ...args] = services.redis?.healthcheck?.test ?? [];
  expect(form).toBe("CMD");
  const asked = execFileSync(program, ["-p", String(redis.port), ...args], { encoding: "utf8" });
  expect(asked.trim()).toBe("PONG");
});

it("it keeps what is stored, and refuses what does not fit", async () => {
  const { username, password } = new URL(services["gateway-1"]?.environment?.TIDEGATE_REDIS_URL ?? "");
  const info = await connect(username, password).info();
  expect(info).toContain("aof_enabled:1");
  expect(info).toContain("maxmemory_policy:noeviction");
});
