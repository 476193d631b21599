import { afterAll, beforeAll } from "vitest";
import { brokerContract } from "../../contract/broker.ts";
import { controlContract } from "../../contract/control.ts";
import { presenceContract } from "../../contract/presence.ts";
import { revocationsContract } from "../../contract/revocations.ts";
import { tidingsContract } from "../../contract/tidings.ts";
import { makeRedisHarness } from "./harness.ts";
import { Sentinels } from "./sentinel.ts";

let server: Sentinels;
beforeAll(async () => {
  server = await Sentinels.start();
}, 60_000);
afterAll(() => server.stop());

const makeHarness = makeRedisHarness(() => server);

brokerContract("redis sentinel", makeHarness);
presenceContract("redis sentinel", makeHarness);
controlContract("redis sentinel", makeHarness);
revocationsContract("redis sentinel", makeHarness);
tidingsContract("redis sentinel", makeHarness);
