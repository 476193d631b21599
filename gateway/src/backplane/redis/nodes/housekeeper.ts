/*
 * Owns what a node does at each interval; the backplane starts and stops it. A renewal that waits for anything else
 * comes late: then the lease ends, and all users of the node with it. So each task is a flight of its own.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ThrottledLog } from "../../../throttled-log.ts";
import type { ControlTarget } from "../../ports.ts";
import type { RedisPresence } from "../presence/presence.ts";
import type { Sweeper } from "../presence/sweeper.ts";
import type { RedisRevocations } from "../revocations/revocations.ts";
import type { Shards } from "../shards/shards.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Leases } from "./leases.ts";

export interface HousekeeperOptions {
  leases: Pick<Leases, "current" | "renew" | "lapse">;
  sweeper: Pick<Sweeper, "sweepLease" | "sweepOwn" | "sweepLapsed">;
  presence: Pick<RedisPresence, "renew" | "settle" | "tellDue">;
  revocations: Pick<RedisRevocations, "enforce">;
  target: Pick<ControlTarget, "execute">;
  shards: Pick<Shards, "all">;
  throttledLog: ThrottledLog;
  /** Milliseconds between two runs. */
  interval: number;
}

/**
 * Milliseconds that a node that stops gives to what is being entered again: half of the phase `backplane` of
 * ops/shutdown.ts.
 */
const settleGrace = 1_000;

/** Milliseconds between two looks at what has become due in presence. */
const dueInterval = 500;

/**
 * Renews the node's lease, ends the sessions that were revoked, writes the presence that failed, and sweeps nodes that are
 * gone. A task that waits for Redis does not hold up the others.
 */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  /** Leases of this node that are given up once all is entered under another; before that, users would leave and join. */
  readonly #former = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #dueTimer: NodeJS.Timeout | undefined;

  constructor(options: HousekeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.runOnce(), this.#options.interval).unref();
    this.#dueTimer = setInterval(() => void this.#telling.start(), dueInterval).unref();
    void this.runOnce();
  }

  /** Gives up the lease, and ends the presence of all who are still there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#dueTimer);
    // A renewal that came after the lease was given up would bring it back, with nobody to end it.
    await this.#renewing.done;
    await Promise.race([this.#settling.done, sleep(settleGrace, undefined, { ref: false })]);
    const { leases, sweeper } = this.#options;
    await this.#giveUp(leases.current, (lease) => sweeper.sweepOwn(lease));
  }

  /** Starts what is not still running. Resolves once the lease was renewed, or could not be. */
  runOnce(): Promise<void> {
    void this.#enforcing.start();
    return this.#renewing.start();
  }

  readonly #renewing = new SingleFlight(
    () => this.#renew(),
    (error) => this.#options.throttledLog.warn("lease_not_renewed", error),
  );

  readonly #enforcing = new SingleFlight(
    () => this.#options.revocations.enforce(this.#options.target),
    (error) => this.#options.throttledLog.warn("revocations_not_read", error),
  );

  readonly #settling = new SingleFlight(
    () => this.#settle(),
    (error) => this.#options.throttledLog.warn("presence_not_settled", error),
  );

  readonly #telling = new SingleFlight(
    () => this.#options.presence.tellDue(),
    (error) => this.#options.throttledLog.warn("presence_not_settled", error),
  );

  async #renew(): Promise<void> {
    const { leases, sweeper, presence, shards } = this.#options;
    const former = leases.current;
    if (await leases.renew()) {
      this.#former.add(former);
      presence.renew();
      // Redis has lost data, or this node was out of reach for long: messages may be missing as well.
      for (const { topics } of shards.all()) topics.compareAll();
    }
    void this.#settling.start();
    void sweeper.sweepLapsed();
  }

  async #settle(): Promise<void> {
    // As of now: one that is lost during the settling may have entries that were written under it.
    const former = [...this.#former];
    await this.#options.presence.settle();
    const { sweeper } = this.#options;
    for (const lease of former) await this.#giveUp(lease, (given) => sweeper.sweepLease(given));
  }

  /** Ends what is still entered under a lease of this node. */
  async #giveUp(lease: string, sweep: (lease: string) => Promise<void>): Promise<void> {
    const { leases, throttledLog } = this.#options;
    try {
      await leases.lapse(lease, "given");
      await sweep(lease);
      this.#former.delete(lease);
    } catch (error) {
      throttledLog.warn("lease_not_released", error);
    }
  }
}
