import { setTimeout as sleep } from "node:timers/promises";
import { serverName } from "../connection/client.ts";
import { SingleFlight } from "../single-flight.ts";
import type { ThrottledLog } from "../throttled-log.ts";
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

/** The primaries of a Redis Cluster. Where slots move, what is heard of their channels moves with them. */
export class RedisClusterShards implements Shards {
  readonly #options: RedisClusterShardsOptions;
  readonly #shards = new Map<string, Shard>();
  readonly #owners: Shard[] = [];
  readonly #timer: NodeJS.Timeout;
  /** Shards that say that something has moved, and so know where to; others may still learn of it. */
  readonly #witnesses = new Set<Shard>();
  /** Shards that may have ended subscriptions: those of a slot end as it leaves, also where it comes back at once. */
  readonly #doubted = new Set<Shard>();
  #stopped = false;

  constructor(options: RedisClusterShardsOptions) {
    this.#options = options;
    for (const seed of options.seeds) this.#make(seed);
    this.#timer = setInterval(() => this.#look(), options.interval).unref();
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

  async connect(): Promise<void> {
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
    (error) => this.#options.throttledLog.warn("The slots of the Redis Cluster could not be adopted.", error),
  );

  #look(): void {
    for (const shard of this.#doubted) void shard.pubsub.restore();
    this.#doubted.clear();
    if ([...this.#shards.values()].some((shard) => !shard.answering)) void this.#refreshing.start();
  }

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
    shard.onDoubt(() => this.#doubted.add(shard));
    shard.onMoved(() => {
      this.#witnesses.add(shard);
      void this.#refreshing.start();
    });
    return shard;
  }

  async #refresh(): Promise<void> {
    for (;;) {
      const shards = new Set([...this.#witnesses, ...this.#shards.values()]);
      this.#witnesses.clear();
      await this.#askOneOf(shards);
      if (this.#witnesses.size === 0) return;
      await sleep(refreshPause, undefined, { ref: false });
    }
  }

  async #askOneOf(shards: Iterable<Shard>): Promise<void> {
    for (const shard of shards) {
      if (!shard.redis.ready) continue;
      try {
        const slots = await shard.redis.call((client) => client.cluster("SLOTS"));
        this.#adopt(slots as unknown as RawSlots);
        return;
      } catch (error) {
        this.#options.throttledLog.warn(
          "A server of the Redis Cluster does not tell where slots are.",
          error,
        );
      }
    }
  }

  #adopt(slots: RawSlots): void {
    // A cluster that is being made, or has lost a primary, may not know of all.
    if (slots.length === 0 || this.#stopped) return;
    const current = new Set<Shard>();
    for (const [first, last, [host, port]] of slots) {
      const shard = this.#open(serverName(host, port));
      current.add(shard);
      for (let slot = first; slot <= last; slot += 1) this.#assign(slot, shard);
    }
    this.#moveEars();
    for (const [address, shard] of this.#shards) {
      if (current.has(shard) || this.#owners.includes(shard)) continue;
      this.#shards.delete(address);
      shard.stop();
    }
  }

  #assign(slot: number, shard: Shard): void {
    const before = this.#owners[slot];
    this.#owners[slot] = shard;
    // A slot that moves takes everything with it; a replica takes over with what it has.
    if (before && before !== shard && !before.answering) this.#options.onReplaced();
  }

  #moveEars(): void {
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
