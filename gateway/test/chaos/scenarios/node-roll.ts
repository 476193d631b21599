import { RedisServer } from "../../support/redis-server.ts";
import type { Figures, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

export const nodeRoll: Scenario<RedisServer> = {
  name: "node-roll",
  title: "rolling restarts: a node comes up, then the one that it replaces gets SIGTERM",
  scale: { times: 3, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: false,
  async strike(stage) {
    const rounds: Figures[] = [];
    for (let round = 0; round < stage.scale.times; round += 1) {
      for (const index of [0, 1, 2]) rounds.push(await restart(stage, index));
    }
    const failed = failedPublications(stage);
    return {
      restarts: rounds.length,
      drain: Math.max(...rounds.map(({ drain = 0 }) => drain)),
      // How far the closes of one drain are from each other: the least of all drains with several.
      spread: Math.min(...rounds.flatMap(({ closed = 0, spread = 0 }) => (closed > 2 ? spread : []))),
      failed,
    };
  },
  goals: { drain: 30_000, failed: 0 },
};

/** @throws Error where a publication failed: a rolling restart fails none */
export function failedPublications({ publishers: { refusals } }: Stage<RedisServer>): number {
  if (refusals.length > 0) throw new Error(`Publications failed: ${JSON.stringify(refusals.slice(0, 5))}`);
  return refusals.length;
}

/** Puts a node in the place of another. */
export async function restart(stage: Stage<RedisServer>, index: number): Promise<Figures> {
  const begun = performance.now();
  const { ms, code } = await stage.fleet.replace(index);
  if (code !== 0) throw new Error(`A drained node ended with ${code}.`);
  const closes = stage.clients.flatMap(({ goodbyes }) => goodbyes.filter((at) => at > begun));
  return { drain: ms, closed: closes.length, spread: Math.max(...closes) - Math.min(...closes) };
}
