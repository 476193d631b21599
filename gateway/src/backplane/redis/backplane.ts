/*
 * Puts the Redis room together and owns its start and its stop. `backplane/open.ts` calls it; nobody else knows the
 * parts. Their order counts: what renews the lease begins only after Redis was found usable, or a node without the
 * rights that it needs would look alive to the others.
 */

import { Failure } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { type BackplaneMeter, noMeter } from "../../meter.ts";
import { randomText } from "../../random.ts";
import { ThrottledLog } from "../../throttled-log.ts";
import type { Backplane, BackplaneHost } from "../ports.ts";
import { noTidings, type TidingOptions } from "../tidings.ts";
import { clusterSeeds, createClient, type RedisAddress } from "./connection/client.ts";
import { FirstContact } from "./connection/first-contact.ts";
import { checkRequirements } from "./connection/requirements.ts";
import { RedisBroker } from "./history/broker.ts";
import { homeTag, Keys } from "./keys.ts";
import { RedisControl } from "./nodes/control.ts";
import { Housekeeper } from "./nodes/housekeeper.ts";
import { Leases } from "./nodes/leases.ts";
import { RedisPeers } from "./peers/peers.ts";
import { RedisPresence } from "./presence/presence.ts";
import { PresenceTelling } from "./presence/presence-telling.ts";
import { Sweeper, type SweeperOptions } from "./presence/sweeper.ts";
import { RedisRevocations } from "./revocations/revocations.ts";
import { RedisClusterShards } from "./shards/cluster-shards.ts";
import { Shard, type ShardOptions } from "./shards/shard.ts";
import { type Shards, singleShard, statusOf } from "./shards/shards.ts";
import { RedisTidingStreams } from "./tidings/streams.ts";
import { TagIndex } from "./tidings/tag-index.ts";
import { Telling } from "./tidings/telling.ts";
import { defaultTimings, type Timings } from "./timings.ts";
import { RedisUsers } from "./users/users.ts";

/** Where in Redis the nodes meet. */
export interface RedisSettings extends RedisAddress {
  /** Before every key, and every pub/sub channel but those of rooms; `tidegate:` where absent. */
  keyPrefix?: string | undefined;
  /** Before every room's pub/sub channel; `socket.io` where absent. Socket.IO emitters have to be given the same. */
  channelPrefix?: string | undefined;
  /** The pub/sub channel of Python's emitters; they are not heard where it is absent. */
  pythonChannel?: string | undefined;
}

export interface RedisBackplaneOptions extends RedisSettings {
  /** The node's name; no two may share one. */
  node: string;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  /** What hooks are told; nothing where absent. */
  tidings?: TidingOptions | undefined;
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
 * @throws TypeError where the URL is not of a form that is known
 */
export function createRedisBackplane(host: BackplaneHost, options: RedisBackplaneOptions): Backplane {
  const parts = wire(host, options);
  const { keys, shards, leases, housekeeper, broker, presence, revocations, control, peers } = parts;
  const { users, tidings } = parts;
  const { log } = options;

  /** Does what the node has to have rights for. */
  const tryOut = async (): Promise<void> => {
    for (const name of [keys.commands(), keys.room(homeTag)]) await shards.home.pubsub.tryOut(name);
    await housekeeper.runOnce();
    if (!leases.held) throw new Failure("unavailable");
  };
  const check = () => checkRequirements({ redis: shards.home.redis, sharded: keys.sharded, tryOut, log });
  const firstContact = new FirstContact({ connect: () => shards.connect(), check, log });

  const stop = async (): Promise<void> => {
    firstContact.stop();
    await housekeeper.stop();
    shards.stop();
  };
  const start = async (): Promise<void> => {
    try {
      await firstContact.make(patience);
    } catch (error) {
      await stop();
      throw error;
    }
    shards.home.redis.onReady(() => void housekeeper.runOnce());
    control.listen();
    housekeeper.start();
  };
  const healthy = () => firstContact.made && shards.home.answering;
  const status = () => ({ ...statusOf(shards), nodes: leases.live.length });
  const understoodByAll = leases.allUnderstand.bind(leases);
  return {
    broker,
    presence,
    control,
    revocations,
    users,
    tidings,
    peers,
    healthy,
    status,
    understoodByAll,
    start,
    stop,
  };
}

/** What a node has for its dealings with Redis. */
function wire(host: BackplaneHost, options: RedisBackplaneOptions) {
  const { node, log, tokenLifetime: lifetime, timings = defaultTimings, meter = noMeter } = options;
  const { target } = host;
  const throttledLog = new ThrottledLog(log, { onMalformed: meter.malformed });
  const address = `${node}:${randomText(4, "hex")}`;
  const keys = makeKeys(options);
  const foreign = (channel: string, message: Buffer) => peers.receiveOfRoom(channel, message);
  const onReplaced = () => leases.abandon();
  const shards = makeShards(options, { keys, throttledLog, meter, timings, host, node, foreign, onReplaced });
  const peers = new RedisPeers({ shards, keys, throttledLog });
  const describe = () => target.describe();
  const leasing = { shards, keys, address, node, meter, throttledLog, describe };
  const leases = new Leases({ ...leasing, life: timings.lease });
  const adopt: SweeperOptions["adopt"] = (channel, dues) => presence.adopt(channel, dues);
  const index = new TagIndex(() => shards.home.redis, keys);
  const share = () => streamsOn(shards, keys, index.count);
  const telling = new Telling(options.tidings ?? noTidings, { keys, index, share });
  const presenceTelling = new PresenceTelling(telling, { keys, leases });
  const life = timings.lease;
  const sweeper = new Sweeper({ shards, keys, leases, telling: presenceTelling, throttledLog, life, adopt });
  // Whoever does not hear of it enters the connection again once it takes another lease, and hears of it then.
  const replace = (connection: string) =>
    void control
      .send({ kind: "replace", connection })
      .catch((error) => throttledLog.warn("connection_not_replaced", error));
  const presence = new RedisPresence({ shards, keys, leases, sweeper, telling: presenceTelling, replace });
  const users = new RedisUsers({ presence, telling, index, keys });
  const tidings = new RedisTidingStreams({ shards, keys, index, telling, address });
  const revocations = new RedisRevocations({ shards, keys, lifetime });
  const control = new RedisControl({ keys, leases, shards, throttledLog, meter, target, address });
  const housekeeping = { leases, sweeper, presence, revocations, target, shards, throttledLog };
  const housekeeper = new Housekeeper({ ...housekeeping, interval: timings.renewal });
  const broker = new RedisBroker({ shards, keys, telling });
  return { keys, shards, leases, housekeeper, broker, presence, revocations, control, peers, users, tidings };
}

/** How many streams of a hook share what it keeps: those of one server. */
function streamsOn(shards: Shards, { sharded }: Keys, tags: number): number {
  if (!sharded) return tags;
  return Math.ceil(tags / Math.max(1, [...shards.all()].length));
}

function makeKeys(settings: RedisSettings): Keys {
  const { keyPrefix = "tidegate:", channelPrefix = "socket.io", pythonChannel } = settings;
  return new Keys(keyPrefix, channelPrefix, clusterSeeds(settings) !== undefined, pythonChannel);
}

/** @param options with the node's name, which its connections bear */
function makeShards(settings: RedisSettings, options: ShardOptions & { node: string }): Shards {
  const { node, throttledLog, timings, onReplaced } = options;
  const makeShard = (server?: string): Shard =>
    new Shard((role) => createClient(settings, `tidegate:${node}:${role}`, server), options);
  const seeds = clusterSeeds(settings);
  if (!seeds) return singleShard(makeShard());
  const interval = timings.healthCheck;
  return new RedisClusterShards({ seeds, homeTag, makeShard, throttledLog, onReplaced, interval });
}
