import { Sentinels } from "../../backplane/redis/sentinel.ts";
import type { Figures, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const common = {
  scale: { times: 1, clients: 24 },
  tolerance: () => "alarm" as const,
  keepsSockets: true,
};

export const sentinelPlanned: Scenario<Sentinels> = {
  ...common,
  name: "sentinel-planned",
  title: "a Sentinel failover that an operator asks for",
  open: () => Sentinels.start(),
  strike: (stage) => failOver(stage, () => stage.place.failover()),
  goals: { silence: 5_000 },
};

export const sentinelUnplanned: Scenario<Sentinels> = {
  ...common,
  name: "sentinel-unplanned",
  title: "a Sentinel failover from a primary that was killed or hangs",
  open: () => Sentinels.start(),
  strike: (stage) =>
    failOver(stage, async () => {
      const [primary] = stage.place.servers;
      await stage.place.expectDeath();
      if (stage.dice.chance(0.5)) return primary.kill();
      primary.freeze();
    }),
};

async function failOver(stage: Stage<Sentinels>, begin: () => Promise<void>): Promise<Figures> {
  const { place, publishers } = stage;
  const [primary] = place.servers;
  publishers.takeSilence();
  await begin();
  await place.takenOver();
  const resynchronised = await stage.resynchronised();
  const silence = publishers.takeSilence();
  primary.thaw();
  await stage.pause(0, 3_000);
  return { silence, resynchronised: Math.max(resynchronised, await stage.resynchronised()) };
}
