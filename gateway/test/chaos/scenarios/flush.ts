import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";

export const flush: Scenario<RedisServer> = {
  name: "flush",
  title: "FLUSHALL",
  scale: { times: 2, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "loss",
  keepsSockets: true,
  async strike(stage) {
    let resynchronised = 0;
    for (let time = 0; time < stage.scale.times; time += 1) {
      await stage.place.flush();
      resynchronised = Math.max(resynchronised, await stage.resynchronised());
      await stage.pause(0, 2_000);
    }
    return { resynchronised };
  },
};
