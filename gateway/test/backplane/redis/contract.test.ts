import { afterAll, beforeAll } from "vitest";
import { brokerContract } from "../../contract/broker.ts";
import { controlContract } from "../../contract/control.ts";
import { presenceContract } from "../../contract/presence.ts";
import { revocationsContract } from "../../contract/revocations.ts";
import { tidingsContract } from "../../contract/tidings.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { makeRedisHarness } from "./harness.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const makeHarness = makeRedisHarness(() => server);

brokerContract("redis", makeHarness);
presenceContract("redis", makeHarness);
controlContract("redis", makeHarness);
revocationsContract("redis", makeHarness);
tidingsContract("redis", makeHarness);
