import { afterAll, beforeAll } from "vitest";
import { brokerContract } from "../../contract/broker.ts";
import { controlContract } from "../../contract/control.ts";
import { presenceContract } from "../../contract/presence.ts";
import { revocationsContract } from "../../contract/revocations.ts";
import { tidingsContract } from "../../contract/tidings.ts";
import { makeRedisHarness } from "./harness.ts";
import { RedisCluster } from "./redis-cluster.ts";

let server: RedisCluster;
beforeAll(async () => {
  server = await RedisCluster.start();
}, 60_000);
afterAll(() => server.stop());

const makeHarness = makeRedisHarness(() => server);

brokerContract("redis cluster", makeHarness);
presenceContract("redis cluster", makeHarness);
controlContract("redis cluster", makeHarness);
revocationsContract("redis cluster", makeHarness);
tidingsContract("redis cluster", makeHarness);
