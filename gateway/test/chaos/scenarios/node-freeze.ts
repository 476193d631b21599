import { RedisServer } from "../../support/redis-server.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Milliseconds, twice as long as a lease holds. */
const long = 20_000;

export const nodeFreeze: Scenario<RedisServer> = {
  name: "node-freeze",
  title: "SIGSTOP of a node for up to 12 s, then of one for 20 s, and back",
  scale: { times: 1, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: false,
  async strike(stage) {
    const frozen = stage.dice.between(500, 12_000);
    const first = await freeze(stage, frozen);
    await stage.pause(0, 1_500);
    return { frozen, resynchronised: Math.max(first, await freeze(stage, long)) };
  },
};

/** @returns milliseconds from its thaw until every client has what is published then */
async function freeze(stage: Stage<RedisServer>, ms: number): Promise<number> {
  const { process } = stage.fleet.at(stage.dice.between(0, 2));
  process.signal("SIGSTOP");
  await stage.pause(ms);
  process.signal("SIGCONT");
  return stage.resynchronised();
}
