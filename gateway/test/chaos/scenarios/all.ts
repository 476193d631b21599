import type { Scenario } from "../scenario.ts";
import { clusterLoss, clusterMove } from "./cluster.ts";
import { evict } from "./evict.ts";
import { flush } from "./flush.ts";
import { halfOpen } from "./half-open.ts";
import { nodeFreeze } from "./node-freeze.ts";
import { nodeKill } from "./node-kill.ts";
import { nodeRoll } from "./node-roll.ts";
import { racingId } from "./racing-id.ts";
import { redisFreeze } from "./redis-freeze.ts";
import { redisKill, redisLoss } from "./redis-kill.ts";
import { sentinelPlanned, sentinelUnplanned } from "./sentinel.ts";
import { subscriberBlocked } from "./subscriber-blocked.ts";
import { subscriberKill } from "./subscriber-kill.ts";

/** In the order in which seeds take them. */
export const scenarios: readonly Scenario[] = [
  nodeFreeze,
  clusterLoss,
  nodeRoll,
  nodeKill,
  sentinelPlanned,
  sentinelUnplanned,
  redisFreeze,
  subscriberBlocked,
  halfOpen,
  clusterMove,
  redisKill,
  redisLoss,
  subscriberKill,
  flush,
  evict,
  racingId,
];
