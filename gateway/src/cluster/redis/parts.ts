import { randomBytes } from "node:crypto";
import type { Log } from "../../log.ts";
import type { ClusterMeter } from "../../meter.ts";
import type { ClusterHost, ControlTarget } from "../ports.ts";
import { RedisBroker } from "./broker.ts";
import { Complaints } from "./complaints.ts";
import { RedisControl } from "./control.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Leases } from "./leases.ts";
import type { Pace } from "./pace.ts";
import { RedisPeers } from "./peers.ts";
import { makeKeys, makeShards, type Place } from "./place.ts";
import { RedisPresence } from "./presence.ts";
import { RedisRevocations } from "./revocations.ts";
import { HomeLine } from "./shards.ts";
import { Sweeper } from "./sweeper.ts";

export interface PartsOptions {
  place: Place;
  host: ClusterHost;
  /** The host's as the beat of the node's heart sees it, which may begin before there is a host. */
  target: ControlTarget;
  /** The node's name; no two may share one. */
  node: string;
  /** Milliseconds; the longest that a token may be valid. */
  maxLifetime: number;
  log: Log;
  meter: ClusterMeter;
  pace: Pace;
}

/** What a node has for its dealings with Redis, wired. Nothing connects yet. */
export function makeParts({ place, host, target, node, maxLifetime, log, meter, pace }: PartsOptions) {
  const complaints = new Complaints(log, meter.malformed);
  const address = `${node}:${randomBytes(4).toString("hex")}`;
  const keys = makeKeys(place);
  const foreign = (channel: string, message: Buffer) => peers.receiveOfRoom(channel, message);
  const onReplaced = () => leases.abandon();
  const shards = makeShards(place, { keys, complaints, meter, pace, host, node, foreign, onReplaced });
  const peers = new RedisPeers({ shards, keys, complaints });
  const line = new HomeLine(shards);
  const describe = () => target.describe();
  const leases = new Leases({ line, keys, address, node, meter, complaints, describe, life: pace.lease });
  const sweeper = new Sweeper({ line, shards, keys, leases, complaints });
  const presence = new RedisPresence({ line, shards, keys, leases, sweeper });
  const revocations = new RedisRevocations({ line, keys, maxLifetime });
  const controlling = { line, keys, leases, shards, complaints, meter, target: host.target, address };
  const control = new RedisControl(controlling);
  const beating = { leases, sweeper, presence, revocations, target, shards, complaints };
  const heartbeat = new Heartbeat({ ...beating, interval: pace.beat });
  const broker = new RedisBroker({ shards, keys });
  return { keys, shards, line, leases, heartbeat, broker, presence, revocations, control, peers };
}
