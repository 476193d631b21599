import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";
import { killConnections } from "../store.ts";

export const subscriberKill: Scenario<RedisServer> = {
  name: "subscriber-kill",
  title: "CLIENT KILL of the nodes' connections, of the subscriber's above all",
  scale: { times: 5, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const { place, dice } = stage;
    let resynchronised = 0;
    for (let time = 0; time < stage.scale.times; time += 1) {
      await killConnections(place, dice.chance(0.8) ? "subscriber" : "commands");
      if (dice.chance(0.5)) await stage.pause(0, 300);
      else resynchronised = Math.max(resynchronised, await stage.resynchronised());
    }
    return { resynchronised: Math.max(resynchronised, await stage.resynchronised()) };
  },
  goals: { resynchronised: 2_000 },
};
