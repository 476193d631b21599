import { until } from "../../support/until.ts";
import { type DistantRedis, openDistantRedis } from "../distant-redis.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

export const halfOpen: Scenario<DistantRedis> = {
  name: "half-open",
  title: "connections to Redis on which nothing comes through any more, and nobody says so",
  scale: { times: 1, clients: 24 },
  open: openDistantRedis,
  env: (place, index) => ({ TIDEGATE_REDIS_URL: place.urlOf(index) }),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const { place, fleet, dice } = stage;
    const index = dice.between(0, 2);
    const { name } = fleet.at(index);
    const before = await newestOf(place, name);
    const begun = performance.now();
    await place.swallow(index, name);
    const isFound = async () => (await newestOf(place, name)) > before;
    await until(isFound, "the lost connection is not found", { timeout: 30_000 });
    const found = performance.now() - begun;
    const resynchronised = await stage.resynchronised();
    return { found, resynchronised, ...(await cutOff(stage)) };
  },
  goals: { found: 6_000 },
};

/** The newest connection that a node hears through, by its id in Redis. */
async function newestOf({ server }: DistantRedis, name: string): Promise<number> {
  const list = String(await server.ask((client) => client.client("LIST")));
  const own = list.split("\n").filter((line) => line.includes(`name=tidegate:${name}:subscriber `));
  return Math.max(0, ...own.map((line) => Number(/^id=(\d+)/.exec(line)?.[1])));
}

/** One node has no way to Redis for a while. */
async function cutOff(stage: Stage<DistantRedis>): Promise<Record<string, number>> {
  const { place, dice } = stage;
  if (!place.cut || !place.heal) return {};
  const cut = dice.between(500, 9_000);
  await place.cut(dice.between(0, 2));
  await stage.pause(cut);
  await place.heal();
  return { cut, rejoined: await stage.resynchronised() };
}
