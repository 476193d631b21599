import type { Log } from "../../log.ts";
import type { BackplaneMeter } from "../../meter.ts";
import { randomText } from "../../random.ts";
import type { BackplaneHost, ControlTarget } from "../ports.ts";
import { RedisBroker } from "./history/broker.ts";
import { RedisControl } from "./nodes/control.ts";
import { Housekeeper } from "./nodes/housekeeper.ts";
import { Leases } from "./nodes/leases.ts";
import { RedisRevocations } from "./nodes/revocations.ts";
import { RedisPeers } from "./peers/peers.ts";
import { makeKeys, makeShards, type RedisSettings } from "./place.ts";
import { RedisPresence } from "./presence/presence.ts";
import { Sweeper } from "./presence/sweeper.ts";
import { ThrottledLog } from "./throttled-log.ts";
import type { Timings } from "./timings.ts";

export interface PartsOptions {
  place: RedisSettings;
  host: BackplaneHost;
  /** The host's as the beat of the node's heart sees it, which may begin before there is a host. */
  target: ControlTarget;
  /** The node's name; no two may share one. */
  node: string;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  log: Log;
  meter: BackplaneMeter;
  timings: Timings;
}

/** What a node has for its dealings with Redis, wired. Nothing connects yet. */
export function makeParts({ place, host, target, node, tokenLifetime, log, meter, timings }: PartsOptions) {
  const throttledLog = new ThrottledLog(log, meter.malformed);
  const address = `${node}:${randomText(4, "hex")}`;
  const keys = makeKeys(place);
  const foreign = (channel: string, message: Buffer) => peers.receiveOfRoom(channel, message);
  const onReplaced = () => leases.abandon();
  const shards = makeShards(place, { keys, throttledLog, meter, timings, host, node, foreign, onReplaced });
  const peers = new RedisPeers({ shards, keys, throttledLog });
  const describe = () => target.describe();
  const leases = new Leases({
    shards,
    keys,
    address,
    node,
    meter,
    throttledLog,
    describe,
    life: timings.lease,
  });
  const sweeper = new Sweeper({ shards, keys, leases, throttledLog });
  const presence = new RedisPresence({ shards, keys, leases, sweeper });
  const revocations = new RedisRevocations({ shards, keys, lifetime: tokenLifetime });
  const controlling = { keys, leases, shards, throttledLog, meter, target: host.target, address };
  const control = new RedisControl(controlling);
  const housekeeping = { leases, sweeper, presence, revocations, target, shards, throttledLog };
  const housekeeper = new Housekeeper({ ...housekeeping, interval: timings.renewal });
  const broker = new RedisBroker({ shards, keys });
  return { keys, shards, leases, housekeeper, broker, presence, revocations, control, peers };
}
