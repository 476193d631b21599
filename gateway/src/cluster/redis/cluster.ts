import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { type ClusterMeter, noMeter } from "../../meter.ts";
import type { Cluster, ClusterHost } from "../ports.ts";
import { RedisBroker } from "./broker.ts";
import { Complaints } from "./complaints.ts";
import { checkConditions } from "./conditions.ts";
import { RedisControl } from "./control.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Leases } from "./leases.ts";
import { type Pace, steadyPace } from "./pace.ts";
import { RedisPeers } from "./peers.ts";
import { makeKeys, makeShards, type Place } from "./place.ts";
import { RedisPresence } from "./presence.ts";
import { RedisRevocations } from "./revocations.ts";
import { silentNode } from "./said.ts";
import { HomeLine, statusOf } from "./shards.ts";
import { Sweeper } from "./sweeper.ts";

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
 * Nodes that meet in Redis. Where Redis is not there at the start, the node comes up without it: it is not
 * `healthy` until it is.
 *
 * @throws Failure `internal` where this Redis cannot be used
 */
export async function createRedisCluster(host: ClusterHost, options: RedisClusterOptions): Promise<Cluster> {
  const { node, log, tokenMaxLifetime: maxLifetime, pace = steadyPace } = options;
  const { meter = noMeter } = options;
  const complaints = new Complaints(log, meter.malformed);
  const { target } = host;
  let begun = false;
  const describe = () => (begun ? target.describe() : silentNode(node));
  const address = `${node}:${randomBytes(4).toString("hex")}`;

  const keys = makeKeys(options);
  const foreign = (channel: string, message: Buffer) => peers.receiveOfRoom(channel, message);
  const onReplaced = () => leases.abandon();
  const shards = makeShards(options, { keys, complaints, meter, pace, host, node, foreign, onReplaced });
  const peers = new RedisPeers({ shards, keys, complaints });
  const line = new HomeLine(shards);
  const leases = new Leases({ line, keys, address, node, meter, complaints, describe, life: pace.lease });
  const sweeper = new Sweeper({ line, shards, keys, leases, complaints });
  const presence = new RedisPresence({ line, shards, keys, leases, sweeper });
  const revocations = new RedisRevocations({ line, keys, maxLifetime });
  const control = new RedisControl({ line, keys, leases, shards, complaints, meter, target, address });
  const beating = { leases, sweeper, presence, revocations, target, shards, complaints };
  const heartbeat = new Heartbeat({ ...beating, interval: pace.beat });

  let beginning: NodeJS.Immediate | undefined;
  const stop = async (): Promise<void> => {
    clearImmediate(beginning);
    await heartbeat.stop();
    shards.stop();
  };
  try {
    await Promise.race([shards.connect(), sleep(patience, undefined, { ref: false })]);
    if (line.ready) await checkConditions({ line, sharded: keys.sharded, log });
    else log.warn({}, "Redis cannot be reached; nobody is let in until it can.");
  } catch (error) {
    await stop();
    throw error;
  }
  await heartbeat.beat();
  shards.home.line.onReady(() => void heartbeat.beat());
  // The host may still be in the making; it is asked nothing before that.
  beginning = setImmediate(() => {
    begun = true;
    control.listen();
    heartbeat.start();
  });
  const broker = new RedisBroker({ shards, keys });
  const healthy = () => shards.home.answering;
  const status = () => ({ ...statusOf(shards), nodes: leases.live.length });
  return { broker, presence, control, revocations, peers, healthy, status, stop };
}
