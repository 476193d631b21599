import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTokens } from "../../../gateway/src/auth/token.ts";
import { silentLog } from "../../../gateway/src/log.ts";
import { freePort } from "../../../gateway/test/support/ports.ts";
import {
  bareEnvironment,
  type GatewayProcess,
  Process,
  spawnGateway,
} from "../../../gateway/test/support/process.ts";
import { RedisServer } from "../../../gateway/test/support/redis-server.ts";
import { need, program } from "../../../scripts/programs/need.ts";

need("prometheus-redis-exporter");

const secret = "a-secret-for-tests-a-secret-for-tests";
export const apiKey = "a-key-for-tests";

const channels = `channels:
  - match: "values:*"
    subscribe: user
    history: {size: 10, ttl: 1m}
    conflate: 100ms
  - match: "closed:*"
    subscribe: user
    publish: nobody
  - match: "room:*"
    subscribe: user
    publish: user
    history: {size: 3, ttl: 1m}
  - match: "heavy:*"
    subscribe: user
hooks:
  - {name: gone, url: "http://127.0.0.1:9", ask: [request]}
  - {name: told, url: "http://127.0.0.1:9", tell: [connected, disconnected, published], keep: {size: 1MiB, age: 24h}}
`;

/** Two gateways that meet in one Redis, with that Redis' exporter. */
export interface Fleet {
  gateways: readonly GatewayProcess[];
  /** Address of Redis' exporter. */
  exporter: string;
  token(user: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startFleet(): Promise<Fleet> {
  const redis = await RedisServer.start();
  const config = join(mkdtempSync(join(tmpdir(), "tidegate-fleet-")), "channels.yaml");
  writeFileSync(config, channels);
  const env = {
    TIDEGATE_REDIS_URL: redis.url,
    TIDEGATE_TOKEN_SECRET: secret,
    TIDEGATE_API_KEYS: apiKey,
    TIDEGATE_CONFIG: config,
    TIDEGATE_SEND_QUEUE_LIMIT: "64KiB",
  };
  const gateways = await Promise.all([spawnGateway(env), spawnGateway(env)]);
  const exporter = `127.0.0.1:${await freePort()}`;
  const args = [`-redis.addr=${redis.url}`, `-web.listen-address=${exporter}`];
  const binary = program("prometheus-redis-exporter");
  const exporting = new Process(binary, args, { cwd: tmpdir(), env: bareEnvironment() });
  const tokens = await createTokens({ secrets: [secret], maxLifetime: 3_600_000, log: silentLog });
  return {
    gateways,
    exporter,
    token: async (user) => (await tokens.sign({ user, ttl: 3_600_000 })).token,
    async stop() {
      await Promise.all([exporting, ...gateways.map(({ process }) => process)].map((one) => one.stop()));
      await redis.stop();
    },
  };
}
