import type { Scenario } from "../scenario.ts";
import { askScenarios } from "./ask.ts";
import { clusterScenarios } from "./cluster.ts";
import { connectionScenarios } from "./connections.ts";
import { dialectScenario } from "./dialects.ts";
import { hostile } from "./hostile.ts";
import { presence } from "./presence.ts";
import { publishScenarios } from "./publish.ts";
import { rateScenarios } from "./rate.ts";
import { recover } from "./recover.ts";
import { roomScenarios } from "./rooms.ts";
import { saturation } from "./saturation.ts";

/** Those that are run by their name alone, and whose figures are in no page. */
export const byName: readonly Scenario[] = [...askScenarios, dialectScenario, hostile];

/** Every scenario of a full run, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  saturation,
  ...rateScenarios,
  ...roomScenarios,
  ...connectionScenarios,
  recover,
  presence,
  ...publishScenarios,
  ...clusterScenarios,
];
