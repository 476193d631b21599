import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";

export const nodeKill: Scenario<RedisServer> = {
  name: "node-kill",
  title: "SIGKILL of a node under load, and another takes its place",
  scale: { times: 10, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: false,
  async strike(stage) {
    for (let kill = 0; kill < stage.scale.times; kill += 1) {
      await stage.fleet.kill(stage.dice.between(0, 2), stage.dice.between(0, 800));
      await stage.pause(100, 1_000);
    }
    return { kills: stage.scale.times };
  },
  goals: { presence: 60_000 },
};
