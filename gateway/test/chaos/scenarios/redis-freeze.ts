import { RedisServer } from "../../support/redis-server.ts";
import { slowestRefusal } from "../publisher.ts";
import type { Scenario } from "../scenario.ts";
import { measureNodes } from "../vitals.ts";

export const redisFreeze: Scenario<RedisServer> = {
  name: "redis-freeze",
  title: "SIGSTOP of Redis, and back",
  scale: { times: 1, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const { place, fleet, publishers } = stage;
    const frozen = stage.dice.between(300, 10_000);
    const before = await measureNodes(fleet);
    const begun = performance.now();
    place.freeze();
    await stage.pause(frozen);
    place.thaw();
    const healed = performance.now();
    const resynchronised = await stage.resynchronised();
    const { loopDelay, memory } = await measureNodes(fleet);
    return {
      frozen,
      resynchronised,
      refused_within: slowestRefusal(publishers, begun, healed),
      loop_p99: loopDelay,
      memory_growth: memory - before.memory,
    };
  },
  goals: { loop_p99: 50, memory_growth: 50, refused_within: 1_000 },
};
