import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, it, vi } from "vitest";
import { bareEnvironment, Process } from "../../../gateway/test/support/process.ts";
import { folder, readCompose } from "./compose.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await vi.waitUntil(() => server.listening);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

it("Redis starts with its users, of whom each may do what it is there for", { timeout: 30_000 }, async () => {
  const { services } = readCompose();
  const [shell = "", option = "", script = ""] = services.redis?.command ?? [];
  const place = mkdtempSync(join(tmpdir(), "tidegate-compose-"));
  const port = await freePort();
  const here = script.replaceAll("/tmp", place).replaceAll("/etc/redis/redis.acl", join(folder, "redis.acl"));
  const command = `cd ${place} && ${here} --bind 127.0.0.1 --port ${port}`;
  const server = new Process(shell, [option, command], { cwd: place, env: bareEnvironment() });
  const url = new URL(services["gateway-1"]?.environment?.TIDEGATE_REDIS_URL ?? "");
  const { REDIS_USER: username = "", REDIS_PASSWORD: password = "" } =
    services["redis-exporter"]?.environment ?? {};
  // Its own check of readiness asks for more than some may know.
  const options = { port, lazyConnect: true, enableReadyCheck: false };
  const connect = (username: string, password: string) => new Redis({ ...options, username, password });
  const gateway = connect(url.username, url.password);
  const exporter = connect(username, password);
  const nobody = new Redis(options);
  try {
    await server.until(() => server.stdout.includes("Ready to accept connections"));
    expect(await gateway.set("tidegate:a", "1")).toBe("OK");
    await expect(gateway.set("another", "1")).rejects.toThrow("NOPERM");
    expect(await exporter.info()).toContain("redis_version");
    await expect(exporter.get("tidegate:a")).rejects.toThrow("NOPERM");
    expect(await nobody.ping()).toBe("PONG");
    await expect(nobody.get("tidegate:a")).rejects.toThrow("NOPERM");
  } finally {
    for (const client of [gateway, exporter, nobody]) client.disconnect();
    await server.stop();
    rmSync(place, { recursive: true, force: true });
  }
});
