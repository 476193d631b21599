import { setTimeout as sleep } from "node:timers/promises";
import type { ControlTarget } from "../../ports.ts";
import type { RedisPresence } from "../presence/presence.ts";
import type { Sweeper } from "../presence/sweeper.ts";
import type { Shards } from "../shards/shards.ts";
import { SingleFlight } from "../single-flight.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import type { Leases } from "./leases.ts";
import type { RedisRevocations } from "./revocations.ts";

export interface HousekeeperOptions {
  leases: Pick<Leases, "current" | "renew" | "lapse">;
  sweeper: Pick<Sweeper, "sweepLease" | "sweepLapsed">;
  presence: Pick<RedisPresence, "renew" | "settle">;
  revocations: Pick<RedisRevocations, "enforce">;
  target: Pick<ControlTarget, "execute">;
  shards: Pick<Shards, "all">;
  throttledLog: ThrottledLog;
  /** Milliseconds between two beats. */
  interval: number;
}

/** Milliseconds that a node that stops gives to what is being entered again. */
const settleGrace = 1_000;

/**
 * What a node does again and again: it renews its lease, ends what was revoked, and makes good what was missed.
 * Each goes its own way: what one waits for must not keep the others.
 */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  /** Leases of this node that are still to be given up, once all is entered under another. */
  readonly #former = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HousekeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.beat(), this.#options.interval).unref();
    void this.beat();
  }

  /** Gives up the lease, and ends the presence of all who are still there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing.done;
    await Promise.race([this.#settling.done, sleep(settleGrace, undefined, { ref: false })]);
    await this.#giveUp(this.#options.leases.current);
  }

  /** Of what takes longer than the interval there is one at a time. Resolves once the lease was renewed, or was not. */
  beat(): Promise<void> {
    void this.#enforcing.start();
    return this.#renewing.start();
  }

  readonly #renewing = new SingleFlight(
    () => this.#renew(),
    (error) => this.#options.throttledLog.warn("The lease could not be renewed in Redis.", error),
  );

  readonly #enforcing = new SingleFlight(
    () => this.#options.revocations.enforce(this.#options.target),
    (error) => this.#options.throttledLog.warn("Revocations could not be read in Redis.", error),
  );

  readonly #settling = new SingleFlight(
    () => this.#settle(),
    (error) => this.#options.throttledLog.warn("Presence could not be brought up to date in Redis.", error),
  );

  async #renew(): Promise<void> {
    const { leases, sweeper, presence, shards } = this.#options;
    const former = leases.current;
    if (await leases.renew()) {
      this.#former.add(former);
      presence.renew();
      // Redis has lost data, or this node was out of reach for long.
      for (const { topics } of shards.all()) topics.compareAll();
    }
    void this.#settling.start();
    void sweeper.sweepLapsed();
  }

  async #settle(): Promise<void> {
    // One that is lost meanwhile may have entries still.
    const former = [...this.#former];
    await this.#options.presence.settle();
    for (const lease of former) await this.#giveUp(lease);
  }

  /** Ends what is still entered under a lease of this node. */
  async #giveUp(lease: string): Promise<void> {
    const { leases, sweeper, throttledLog } = this.#options;
    try {
      await leases.lapse(lease, "given");
      await sweeper.sweepLease(lease);
      this.#former.delete(lease);
    } catch (error) {
      throttledLog.warn("A lease could not be given up; it will end.", error);
    }
  }
}
