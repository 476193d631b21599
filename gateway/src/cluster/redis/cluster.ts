import { Failure } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { type ClusterMeter, noMeter } from "../../meter.ts";
import type { Cluster, ClusterHost, ControlTarget } from "../ports.ts";
import { checkConditions } from "./conditions.ts";
import { Contact } from "./contact.ts";
import { homeTag } from "./keys.ts";
import { type Pace, steadyPace } from "./pace.ts";
import { makeParts } from "./parts.ts";
import type { Place } from "./place.ts";
import { silentNode } from "./said.ts";
import { statusOf } from "./shards.ts";

export interface RedisClusterOptions extends Place {
  /** The node's name; no two may share one. */
  node: string;
  /** Milliseconds; the longest that a token may be valid. */
  tokenMaxLifetime: number;
  log: Log;
  meter?: ClusterMeter | undefined;
  pace?: Pace | undefined;
}

/** Milliseconds that the start waits for Redis. */
const patience = 5_000;

/**
 * Nodes that meet in Redis. Where Redis is not there at the start, or does not let this node do what it needs, the
 * node comes up without it: it is not `healthy` until it is.
 *
 * @throws Failure `internal` where this Redis cannot be used
 */
export async function createRedisCluster(host: ClusterHost, options: RedisClusterOptions): Promise<Cluster> {
  const { node, log, tokenMaxLifetime: maxLifetime, pace = steadyPace, meter = noMeter, ...place } = options;
  // The host may still be in the making; until that is over it has no connections, and is asked nothing here.
  let begun = false;
  const target: ControlTarget = {
    execute: async (command) => (begun ? host.target.execute(command) : { connections: [] }),
    describe: () => (begun ? host.target.describe() : silentNode(node)),
  };
  const parts = makeParts({ place, host, target, node, maxLifetime, log, meter, pace });
  const { keys, shards, line, leases, heartbeat, broker, presence, revocations, control, peers } = parts;

  /** Does what the node has to have rights for. */
  const tryOut = async (): Promise<void> => {
    for (const name of [keys.commands(), keys.room(homeTag)]) await shards.home.topics.tryOut(name);
    await heartbeat.beat();
    if (!leases.held) throw new Failure("unavailable");
  };
  const check = () => checkConditions({ line, sharded: keys.sharded, tryOut, log });
  const contact = new Contact({ connect: () => shards.connect(), check, log });

  let beginning: NodeJS.Immediate | undefined;
  const stop = async (): Promise<void> => {
    clearImmediate(beginning);
    contact.stop();
    await heartbeat.stop();
    shards.stop();
  };
  try {
    await contact.make(patience);
  } catch (error) {
    await stop();
    throw error;
  }
  shards.home.line.onReady(() => void heartbeat.beat());
  beginning = setImmediate(() => {
    begun = true;
    control.listen();
    heartbeat.start();
  });
  const healthy = () => contact.made && shards.home.answering;
  const status = () => ({ ...statusOf(shards), nodes: leases.live.length });
  return { broker, presence, control, revocations, peers, healthy, status, stop };
}
