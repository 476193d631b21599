import { clusterSeeds, createClient, type RedisAddress } from "./connection/client.ts";
import { homeTag, Keys } from "./keys.ts";
import { RedisClusterShards } from "./shards/cluster-shards.ts";
import { Shard, type ShardOptions } from "./shards/shard.ts";
import { type Shards, singleShard } from "./shards/shards.ts";

/** Where in Redis the nodes meet. */
export interface RedisSettings extends RedisAddress {
  /** Before every key, and every pub/sub channel but those of rooms; `tidegate:` where absent. */
  keyPrefix?: string | undefined;
  /** Before every room's pub/sub channel; `socket.io` where absent. Socket.IO emitters have to be given the same. */
  channelPrefix?: string | undefined;
}

/** @throws TypeError where the URL is not of a form that is known */
export function makeKeys(place: RedisSettings): Keys {
  const { keyPrefix = "tidegate:", channelPrefix = "socket.io" } = place;
  return new Keys(keyPrefix, channelPrefix, clusterSeeds(place) !== undefined);
}

/** @param options with the node's name, which its connections bear */
export function makeShards(place: RedisSettings, options: ShardOptions & { node: string }): Shards {
  const { node, throttledLog, timings, onReplaced } = options;
  const makeShard = (server?: string): Shard =>
    new Shard((role) => createClient(place, `tidegate:${node}:${role}`, server), options);
  const seeds = clusterSeeds(place);
  if (!seeds) return singleShard(makeShard());
  return new RedisClusterShards({
    seeds,
    homeTag,
    makeShard,
    throttledLog,
    onReplaced,
    interval: timings.healthCheck,
  });
}
