/*
 * Removes the presence of nodes that are gone. Housekeeper calls it for leases that have ended, and presence for those
 * that it meets on a page. Without it the users of a killed node would be there for ever, and nobody would be sent that
 * they left.
 */

import type { ThrottledLog } from "../../../throttled-log.ts";
import type { Keys } from "../keys.ts";
import type { Leases } from "../nodes/leases.ts";
import { scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import { SingleFlight } from "../single-flight.ts";
import type { PresenceTelling } from "./presence-telling.ts";

export interface SweeperOptions {
  shards: Shards;
  keys: Keys;
  leases: Leases;
  throttledLog: ThrottledLog;
  telling: PresenceTelling;
  /** Milliseconds for which a lease holds: so long a node has been gone whose lease has ended. */
  life: number;
  /**
   * Takes over what is still to be done for users of a node that is gone.
   *
   * @param dues by user, in how many milliseconds
   */
  adopt(channel: string, dues: ReadonlyMap<string, number>): Promise<void>;
}

/** More than a lease has channels. */
const everything = 10_000_000;
/** Channels swept before the next are asked for. */
const chunkSize = 50;

/**
 * Any number of nodes may sweep the same: each entry is removed and published as `left` once, since that is one script. What
 * a sweeper has not done when it dies, another one finds, since the index and the lease go last.
 */
export class Sweeper {
  readonly #options: SweeperOptions;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sweeps the leases that have ended. After an outage of Redis that says nothing of their nodes: see `Leases.steady`. */
  async sweepLapsed(): Promise<void> {
    if (this.#options.leases.steady) await this.#sweeping.start();
  }

  readonly #sweeping = new SingleFlight(
    async () => {
      const { leases } = this.#options;
      for (const { lease } of leases.lapsed) {
        // Marked first: a node that comes back now takes another lease, and enters nothing under the one being swept.
        if (await leases.lapse(lease, "ended")) await this.sweepLease(lease);
      }
    },
    (error) => this.#options.throttledLog.warn("presence_not_swept", error),
  );

  /**
   * Sweeps all channels of a lease that is marked as lapsed, and forgets it.
   *
   * @throws Failure `unavailable`
   */
  async sweepLease(lease: string): Promise<void> {
    const { keys, leases } = this.#options;
    for (const index of [keys.usersOf(lease), keys.presentIn(lease)]) await this.#sweepIndex(index, lease);
    await leases.lapse(lease, "swept");
  }

  async #sweepIndex(index: string, lease: string): Promise<void> {
    const { shards, adopt } = this.#options;
    let channels = await shards.home.redis.call((client) => client.srandmember(index, chunkSize));
    while (channels.length > 0) {
      for (const channel of channels) await adopt(channel, await this.#sweep(channel, [lease]));
      const swept = channels;
      await shards.home.redis.call((client) => client.srem(index, ...swept));
      channels = await shards.home.redis.call((client) => client.srandmember(index, chunkSize));
    }
  }

  /**
   * Sweeps the own lease as the node stops, and forgets it where nothing is left to do. What is stays for the others: they
   * find the lease as one that has lapsed.
   *
   * @throws Failure `unavailable`
   */
  async sweepOwn(lease: string): Promise<void> {
    const { keys, leases } = this.#options;
    let left = 0;
    for (const index of [keys.usersOf(lease), keys.presentIn(lease)])
      left += await this.#sweepAll(index, lease);
    if (left === 0) await leases.lapse(lease, "swept");
  }

  /** @returns in how many of the channels something is left to do */
  async #sweepAll(index: string, lease: string): Promise<number> {
    const { shards } = this.#options;
    const channels = await shards.home.redis.call((client) => client.srandmember(index, everything));
    let left = 0;
    for (let at = 0; at < channels.length; at += chunkSize) {
      const some = channels.slice(at, at + chunkSize);
      const dues = await Promise.all(some.map((channel) => this.#sweep(channel, [lease])));
      const done = some.filter((_channel, place) => dues[place]?.size === 0);
      left += some.length - done.length;
      if (done.length > 0) await shards.home.redis.call((client) => client.srem(index, ...done));
    }
    return left;
  }

  /**
   * Sweeps leases out of one channel, as far as they have lapsed.
   *
   * @returns whether any had
   * @throws Failure `unavailable`
   */
  async sweepChannel(channel: string, suspects: readonly string[]): Promise<boolean> {
    const { leases } = this.#options;
    // The node may have come since Redis was last asked.
    await leases.look();
    if (!leases.steady) return false;
    const live = new Set(leases.live.map(({ lease }) => lease));
    const lapsed: string[] = [];
    for (const lease of suspects) {
      if (!live.has(lease) && (await leases.lapse(lease, "ended"))) lapsed.push(lease);
    }
    if (lapsed.length > 0) await this.#options.adopt(channel, await this.#sweep(channel, lapsed));
    return lapsed.length > 0;
  }

  /** @returns by user, in how many milliseconds there is something to do */
  async #sweep(channel: string, lapsed: readonly string[]): Promise<Map<string, number>> {
    const { shards, keys, life, telling } = this.#options;
    const { redis } = shards.of(keys.tagOf(channel));
    const dues = new Map<string, number>();
    const room = [keys.publish, keys.room(channel), JSON.stringify(channel)];
    const told = telling.ofSweep(channel);
    await telling.prepare(told);
    const script = told ? scripts.presenceSweepTold : scripts.presenceSweep;
    const names = [...keys.presence(channel), ...(told?.keys ?? [])];
    let cursor = "0";
    do {
      const args = [cursor, ...room, life, lapsed.length, ...lapsed, ...(told?.args ?? [])];
      const [next, ...found] = (await redis.run(script, names, args)) as [Buffer, ...(Buffer | number)[]];
      for (let at = 0; at + 1 < found.length; at += 2) dues.set(String(found[at]), Number(found[at + 1]));
      cursor = String(next);
    } while (cursor !== "0");
    telling.added(told);
    return dues;
  }
}
