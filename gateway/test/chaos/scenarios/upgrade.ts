import { RedisServer } from "../../support/redis-server.ts";
import type { Checkout } from "../checkout.ts";
import type { Figures, Scenario } from "../scenario.ts";
import { failedPublications, restart } from "./node-roll.ts";

/** Milliseconds for which nodes of both commits serve together, after each node that is replaced. */
const together = { least: 1_500, most: 4_000 };

/** A cluster of another commit becomes one of this checkout; further rounds go back, and here again. */
export function upgradeFrom(older: Checkout): Scenario<RedisServer> {
  return {
    name: `upgrade from ${older.commit}`,
    title: "a rolling update from another commit to this one, node by node",
    scale: { times: 1, clients: 24 },
    source: older.gateway,
    open: () => RedisServer.start(),
    tolerance: () => "nothing",
    keepsSockets: false,
    async strike(stage) {
      const replaced: Figures[] = [];
      for (let round = 0; round < stage.scale.times; round += 1) {
        stage.fleet.startFrom(round % 2 === 0 ? undefined : older.gateway);
        for (const index of [0, 1, 2]) {
          replaced.push(await restart(stage, index));
          await stage.pause(together.least, together.most);
        }
      }
      return {
        replaced: replaced.length,
        drain: Math.max(...replaced.map(({ drain = 0 }) => drain)),
        failed: failedPublications(stage),
      };
    },
    goals: { drain: 30_000, failed: 0 },
  };
}
