import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";

export const nodeFreeze: Scenario<RedisServer> = {
  name: "node-freeze",
  title: "SIGSTOP of a node for up to 20 s, and back",
  scale: { times: 1, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: false,
  async strike(stage) {
    const { process } = stage.fleet.at(stage.dice.between(0, 2));
    const frozen = stage.dice.between(500, 20_000);
    process.signal("SIGSTOP");
    await stage.pause(frozen);
    process.signal("SIGCONT");
    return { frozen, resynchronised: await stage.resynchronised() };
  },
};
