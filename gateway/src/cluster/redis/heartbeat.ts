import type { ControlTarget } from "../ports.ts";
import type { Complaints } from "./complaints.ts";
import type { Leases } from "./leases.ts";
import type { RedisPresence } from "./presence.ts";
import type { RedisRevocations } from "./revocations.ts";
import type { Shards } from "./shards.ts";
import type { Sweeper } from "./sweeper.ts";

export interface HeartbeatOptions {
  leases: Leases;
  sweeper: Sweeper;
  presence: RedisPresence;
  revocations: RedisRevocations;
  target: ControlTarget;
  shards: Shards;
  complaints: Complaints;
  /** Milliseconds between two beats. */
  interval: number;
}

/** What a node does again and again: it renews its lease, and makes good what was missed. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.beat(), this.#options.interval).unref();
    void this.beat();
  }

  /** Gives up the lease, and ends the presence of all who are still there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await this.#giveUp(this.#options.leases.current);
  }

  /** One that takes longer than the interval is not overtaken. */
  beat(): Promise<void> {
    this.#beating ??= this.#run().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  /** Ends what is still entered under a lease of this node. */
  async #giveUp(lease: string): Promise<void> {
    const { leases, sweeper, complaints } = this.#options;
    try {
      await leases.lapse(lease, "given");
      await sweeper.sweepLease(lease);
    } catch (error) {
      complaints.warn("A lease could not be given up; it will end.", error);
    }
  }

  async #run(): Promise<void> {
    const { leases, sweeper, presence, revocations, target, shards, complaints } = this.#options;
    const former = leases.current;
    try {
      if (await leases.renew()) {
        presence.renew();
        // Redis has lost data, or this node was out of reach for long.
        for (const { topics } of shards.all()) topics.compareAll();
      }
      await presence.settle();
      if (leases.current !== former) await this.#giveUp(former);
      await revocations.enforce(target);
    } catch (error) {
      complaints.warn("The lease could not be renewed in Redis.", error);
      return;
    }
    void sweeper.sweepLapsed();
  }
}
