import type { Keys } from "../keys.ts";
import type { Leases } from "../nodes/leases.ts";
import { scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import type { ThrottledLog } from "../throttled-log.ts";

export interface SweeperOptions {
  shards: Shards;
  keys: Keys;
  leases: Leases;
  throttledLog: ThrottledLog;
}

/** Channels swept before the next are asked for. */
const chunkSize = 50;

/**
 * Removes the presence of nodes that are gone. Any number of nodes may sweep the same; each entry is removed
 * and told of once, and what a sweeper leaves behind when it dies, another one finds.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  #sweeping = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sweeps the leases that have ended. */
  async sweepLapsed(): Promise<void> {
    const { leases, throttledLog } = this.#options;
    if (this.#sweeping || !leases.steady) return;
    this.#sweeping = true;
    try {
      for (const { lease } of leases.lapsed) {
        if (await leases.lapse(lease, "ended")) await this.sweepLease(lease);
      }
    } catch (error) {
      throttledLog.warn("Sweeping the presence of a lost node has failed.", error);
    } finally {
      this.#sweeping = false;
    }
  }

  /**
   * Sweeps all channels of a lease that is marked as lapsed, and forgets it.
   *
   * @throws Failure `unavailable`
   */
  async sweepLease(lease: string): Promise<void> {
    const { shards, keys, leases } = this.#options;
    const index = keys.presentIn(lease);
    let channels = await shards.home.redis.call((client) => client.srandmember(index, chunkSize));
    while (channels.length > 0) {
      for (const channel of channels) await this.#sweep(channel, [lease]);
      const swept = channels;
      await shards.home.redis.call((client) => client.srem(index, ...swept));
      channels = await shards.home.redis.call((client) => client.srandmember(index, chunkSize));
    }
    await leases.lapse(lease, "swept");
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
    if (lapsed.length > 0) await this.#sweep(channel, lapsed);
    return lapsed.length > 0;
  }

  async #sweep(channel: string, lapsed: readonly string[]): Promise<void> {
    const { shards, keys } = this.#options;
    const { redis } = shards.of(channel);
    let cursor = "0";
    do {
      const args = [cursor, keys.publish, keys.room(channel), JSON.stringify(channel), ...lapsed];
      cursor = String(await redis.run(scripts.presenceSweep, keys.presence(channel), args));
    } while (cursor !== "0");
  }
}
