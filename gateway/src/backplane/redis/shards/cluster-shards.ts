/*
 * Owns which primary of a Redis Cluster has each slot. Everybody in this room asks it through the port Shards. Without
 * it a channel whose slot has moved would fall silent: Redis ends its subscriptions as the slot leaves.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ThrottledLog } from "../../../throttled-log.ts";
import { serverName } from "../connection/client.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Shard } from "./shard.ts";
import type { Shards } from "./shards.ts";
import { slotOf } from "./slot.ts";

export interface RedisClusterShardsOptions {
  /** `host:port` of some of the servers. */
  seeds: readonly string[];
  /** The hash tag of what belongs to no channel. */
  homeTag: string;
  makeShard(address: string): Shard;
  throttledLog: ThrottledLog;
  /** A replica has taken over from its primary. */
  onReplaced(): void;
  /** Milliseconds between two looks at whether a shard is missing. */
  interval: number;
}

/** CLUSTER SLOTS: ranges, each with its primary and then its replicas. */
type RawSlots = [first: number, last: number, primary: [host: string, port: number], ...unknown[]][];

/** Milliseconds between two questions where the slots are. */
const refreshPause = 100;

/** Calls learn by an error that a slot has moved; then the slots are asked for, and subscriptions move to the new owner. */
export class RedisClusterShards implements Shards {
  readonly #options: RedisClusterShardsOptions;
  readonly #shards = new Map<string, Shard>();
  readonly #owners: Shard[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Shards that have answered that a slot moved. They are asked first: they know where to, and others may not yet. */
  readonly #reporters = new Set<Shard>();
  /**
   * Shards on which all is to be subscribed again at the next look. A slot that left and came back at once has the same
   * owner as before, so nothing moves here, but Redis has ended its subscriptions.
   */
  readonly #resubscribing = new Set<Shard>();
  #stopped = false;

  constructor(options: RedisClusterShardsOptions) {
    this.#options = options;
    for (const seed of options.seeds) this.#make(seed);
  }

  get home(): Shard {
    return this.of(this.#options.homeTag);
  }

  of(channel: string): Shard {
    const [first] = this.#shards.values();
    const shard = this.#owners[slotOf(channel)] ?? first;
    if (!shard) throw new TypeError("A Redis Cluster has at least one server.");
    return shard;
  }

  all(): Iterable<Shard> {
    return this.#shards.values();
  }

  /** One seed that answers is enough to learn of the others, which have to answer then. */
  async connect(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), this.#options.interval).unref();
    await Promise.any([...this.#shards.values()].map((shard) => shard.connect()));
    await this.#refreshing.start();
    await Promise.all([...this.#shards.values()].map((shard) => shard.connect()));
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const shard of this.#shards.values()) shard.stop();
    this.#shards.clear();
  }

  readonly #refreshing = new SingleFlight(
    () => this.#refresh(),
    (error) => this.#options.throttledLog.warn("cluster_slots_unusable", error),
  );

  #look(): void {
    for (const shard of this.#resubscribing) void shard.pubsub.restore();
    this.#resubscribing.clear();
    if ([...this.#shards.values()].some((shard) => !shard.answering)) void this.#refreshing.start();
  }

  /** Its connections are awaited by nobody: until they are there, its calls fail and its subscriptions are kept. */
  #open(address: string): Shard {
    const known = this.#shards.get(address);
    if (known) return known;
    const shard = this.#make(address);
    void shard.connect();
    return shard;
  }

  #make(address: string): Shard {
    const shard = this.#options.makeShard(address);
    this.#shards.set(address, shard);
    shard.onSubscriptionsDoubtful(() => this.#resubscribing.add(shard));
    shard.onMoved(() => {
      this.#reporters.add(shard);
      // At the end of the turn: a run that was about to end would miss the reporter, and has ended then.
      setImmediate(() => void this.#refreshing.start());
    });
    return shard;
  }

  /** Again while shards report moves meanwhile: the answer may be older than those. */
  async #refresh(): Promise<void> {
    for (;;) {
      const shards = new Set([...this.#reporters, ...this.#shards.values()]);
      this.#reporters.clear();
      await this.#askOneOf(shards);
      if (this.#reporters.size === 0) return;
      await sleep(refreshPause, undefined, { ref: false });
    }
  }

  /** The first that answers decides. Where none does, the next look or the next moved slot asks again. */
  async #askOneOf(shards: Iterable<Shard>): Promise<void> {
    for (const shard of shards) {
      if (!shard.redis.ready) continue;
      try {
        const slots = await shard.redis.call((client) => client.cluster("SLOTS"));
        this.#adopt(slots as unknown as RawSlots);
        return;
      } catch (error) {
        this.#options.throttledLog.warn("cluster_slots_unknown", error);
      }
    }
  }

  #adopt(slots: RawSlots): void {
    // A cluster that is being set up knows of no slots, and one that lost a primary not of all: what was known stays.
    if (slots.length === 0 || this.#stopped) return;
    const current = new Set<Shard>();
    for (const [first, last, [host, port]] of slots) {
      const shard = this.#open(serverName(host, port));
      current.add(shard);
      for (let slot = first; slot <= last; slot += 1) this.#assign(slot, shard);
    }
    // After all slots are assigned, or subscriptions would move twice; before shards stop, or they would be lost with them.
    this.#moveSubscriptions();
    for (const [address, shard] of this.#shards) {
      if (current.has(shard) || this.#owners.includes(shard)) continue;
      this.#shards.delete(address);
      shard.stop();
    }
  }

  /** Tells a failover from a moved slot: after a failover acknowledged writes may be missing, after a move none are. */
  #assign(slot: number, shard: Shard): void {
    const before = this.#owners[slot];
    this.#owners[slot] = shard;
    // The owner of a slot that moves is still there; one whose replica has taken over is not.
    if (before && before !== shard && !before.answering) this.#options.onReplaced();
  }

  #moveSubscriptions(): void {
    for (const shard of this.#shards.values()) {
      for (const handler of shard.pubsub.values()) {
        const owner = this.of(handler.tag);
        if (owner === shard) continue;
        shard.pubsub.remove(handler.name);
        owner.topics.adopt(handler);
      }
    }
  }
}
