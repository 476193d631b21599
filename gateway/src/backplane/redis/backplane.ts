import { Failure } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { type BackplaneMeter, noMeter } from "../../meter.ts";
import type { Backplane, BackplaneHost, ControlTarget } from "../ports.ts";
import { FirstContact } from "./connection/first-contact.ts";
import { checkRequirements } from "./connection/requirements.ts";
import { homeTag } from "./keys.ts";
import { unknownNode } from "./nodes/node-record.ts";
import { makeParts } from "./parts.ts";
import type { RedisSettings } from "./place.ts";
import { statusOf } from "./shards/shards.ts";
import { defaultTimings, type Timings } from "./timings.ts";

export interface RedisBackplaneOptions extends RedisSettings {
  /** The node's name; no two may share one. */
  node: string;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  log: Log;
  meter?: BackplaneMeter | undefined;
  timings?: Timings | undefined;
}

/** Milliseconds that the start waits for Redis. */
const patience = 5_000;

/**
 * Nodes that meet in Redis. Where Redis is not there at the start, or does not let this node do what it needs, the
 * node comes up without it: it is not `healthy` until it is.
 *
 * @throws Failure `internal` where this Redis cannot be used
 */
export async function createRedisBackplane(
  host: BackplaneHost,
  options: RedisBackplaneOptions,
): Promise<Backplane> {
  const { node, log, tokenLifetime, timings = defaultTimings, meter = noMeter, ...place } = options;
  // The host may still be in the making; until that is over it has no connections, and is asked nothing here.
  let begun = false;
  const target: ControlTarget = {
    execute: async (command) => (begun ? host.target.execute(command) : { connections: [] }),
    describe: () => (begun ? host.target.describe() : unknownNode(node).info),
  };
  const parts = makeParts({ place, host, target, node, tokenLifetime, log, meter, timings });
  const { keys, shards, leases, housekeeper, broker, presence, revocations, control, peers } = parts;

  /** Does what the node has to have rights for. */
  const tryOut = async (): Promise<void> => {
    for (const name of [keys.commands(), keys.room(homeTag)]) await shards.home.pubsub.tryOut(name);
    await housekeeper.runOnce();
    if (!leases.held) throw new Failure("unavailable");
  };
  const check = () => checkRequirements({ redis: shards.home.redis, sharded: keys.sharded, tryOut, log });
  const firstContact = new FirstContact({ connect: () => shards.connect(), check, log });

  let beginning: NodeJS.Immediate | undefined;
  const stop = async (): Promise<void> => {
    clearImmediate(beginning);
    firstContact.stop();
    await housekeeper.stop();
    shards.stop();
  };
  try {
    await firstContact.make(patience);
  } catch (error) {
    await stop();
    throw error;
  }
  shards.home.redis.onReady(() => void housekeeper.runOnce());
  beginning = setImmediate(() => {
    begun = true;
    control.listen();
    housekeeper.start();
  });
  const healthy = () => firstContact.made && shards.home.answering;
  const status = () => ({ ...statusOf(shards), nodes: leases.live.length });
  const understoodByAll = leases.allUnderstand.bind(leases);
  return { broker, presence, control, revocations, peers, healthy, status, understoodByAll, stop };
}
