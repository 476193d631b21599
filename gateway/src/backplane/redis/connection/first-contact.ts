/*
 * Owns the time until this node has met Redis once. The backplane makes it at the start and is not healthy before.
 * Without it a node would give up where Redis comes later than itself, and be restarted by its platform: all nodes at
 * once, for as long as Redis is away.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../errors.ts";
import type { Log } from "../../../log.ts";

export interface FirstContactOptions {
  /** Resolves once the connections are there. */
  connect(): Promise<void>;
  /**
   * Resolves once this Redis has been found to do what the node needs.
   *
   * @throws Failure `internal` where it cannot be used as it is, `unavailable`
   */
  check(): Promise<void>;
  log: Log;
}

/** Milliseconds between two attempts: where Redis does not answer or refuses, and where it cannot be used. */
const pauses = { unavailable: 500, unusable: 5_000 };

/**
 * The first time that this node and Redis meet. It is tried until it succeeds: servers start in any order, and passwords,
 * rights and certificates come a moment after what they are for.
 */
export class FirstContact {
  readonly #options: FirstContactOptions;
  readonly #ending = new AbortController();
  #made = false;
  /** Why the last check failed; undefined while there is no connection to check. */
  #obstacle: Failure | undefined;

  constructor(options: FirstContactOptions) {
    this.#options = options;
  }

  get made(): boolean {
    return this.#made;
  }

  /**
   * Resolves once it is made, or after a time; then it is tried further.
   *
   * @param patience milliseconds
   * @throws Failure `internal` where within that time a Redis is met that cannot be used
   */
  async make(patience: number): Promise<void> {
    let starting = true;
    const meeting = this.#meet(() => starting);
    await Promise.race([meeting, sleep(patience, undefined, { ref: false })]);
    starting = false;
    if (this.#made) return;
    const { log } = this.#options;
    log.write("redis_not_ready", { cause: this.#obstacle ?? "no connection" });
    void meeting.then(() => log.write("redis_ready", {}));
  }

  stop(): void {
    this.#ending.abort();
  }

  async #meet(isStarting: () => boolean): Promise<void> {
    await this.#options.connect();
    while (!this.#made) {
      const failure = await this.#attempt();
      // Later it is not thrown: sockets that are open stay, as in an outage.
      if (failure?.code === "internal" && isStarting()) throw failure;
      if (failure) await this.#pause(failure);
    }
  }

  async #attempt(): Promise<Failure | undefined> {
    try {
      await this.#options.check();
      this.#made = true;
      return undefined;
    } catch (error) {
      this.#obstacle = Failure.of(error);
      return this.#obstacle;
    }
  }

  /** For ever where the node stops. */
  async #pause(failure: Failure): Promise<void> {
    const { code } = failure;
    if (code === "internal") this.#options.log.write("redis_unusable", { cause: failure });
    const { signal } = this.#ending;
    const pause = code === "internal" ? pauses.unusable : pauses.unavailable;
    await sleep(pause, undefined, { signal, ref: false }).catch(() => new Promise(() => {}));
  }
}
