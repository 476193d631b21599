import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { bareEnvironment, Process } from "../../../gateway/test/support/process.ts";
import { need } from "../../../scripts/programs/need.ts";
import { type Compose, folder } from "./compose.ts";

need("redis-server", "redis-cli");

/** The Redis of compose.yaml, by its own command, on a port of this machine. */
export interface ComposedRedis {
  port: number;
  stop(): Promise<void>;
}

export async function startRedis({ services }: Compose): Promise<ComposedRedis> {
  const [shell = "", option = "", script = ""] = services.redis?.command ?? [];
  const place = mkdtempSync(join(tmpdir(), "tidegate-compose-"));
  const port = await freePort();
  const here = script.replaceAll("/tmp", place).replaceAll("/etc/redis/redis.acl", join(folder, "redis.acl"));
  const command = `cd ${place} && ${here} --bind 127.0.0.1 --port ${port}`;
  const server = new Process(shell, [option, command], { cwd: place, env: bareEnvironment() });
  await server.until(() => server.stdout.includes("Ready to accept connections"));
  return {
    port,
    async stop() {
      await server.stop();
      rmSync(place, { recursive: true, force: true });
    },
  };
}
