import { RedisServer } from "../../support/redis-server.ts";
import { slowestRefusal } from "../publisher.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { measureNodes } from "../vitals.ts";

/** Milliseconds. */
const long = 10_000;

export const redisFreeze: Scenario<RedisServer> = {
  name: "redis-freeze",
  title: "SIGSTOP of Redis for a moment, then for 10 s, and back",
  scale: { times: 1, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const before = await measureNodes(stage.fleet);
    const moment = await freeze(stage, stage.dice.between(300, 3_000));
    await stage.pause(0, 1_000);
    const hung = await freeze(stage, long);
    const { loopDelay } = await measureNodes(stage.fleet);
    return {
      pending: hung.pending,
      refused_within: Math.max(moment.refused, hung.refused),
      resynchronised: Math.max(moment.resynchronised, hung.resynchronised),
      loop_p99: loopDelay,
      memory_growth: hung.memory - before.memory,
    };
  },
  goals: { loop_p99: 50, memory_growth: 50, refused_within: 1_000 },
};

async function freeze(stage: Stage<RedisServer>, ms: number) {
  const { place, fleet, publishers } = stage;
  const begun = performance.now();
  place.freeze();
  await stage.pause(ms);
  const { pending, memory } = await measureNodes(fleet);
  place.thaw();
  const healed = performance.now();
  const resynchronised = await stage.resynchronised();
  return { pending, memory, resynchronised, refused: slowestRefusal(publishers, begun, healed) };
}
