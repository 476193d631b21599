/*
 * Decides when a node that has started says that it is ready. `app.ts` starts it where the setting `pacedStart` is on, and
 * `/readyz` asks it. Evictions are let go as soon as a replacement is ready, however many pods are still sending their
 * clients away; without it an upgrade of all nodes of a cluster drains the whole fleet at once.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { NodeInfo } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";

export interface PacedStartOptions {
  /** The name of this node. */
  node: string;
  /** Connections that a node is sized for. */
  capacity: number;
  /** The nodes that are there, this one included. */
  nodes(): Promise<NodeInfo[]>;
  /** The nodes could not be compared; it is tried again. */
  onFailure(error: unknown): void;
}

/** Nodes that may drain at once, as in a rolling update. */
export const mostDraining = 2;
/**
 * Seconds before which a node beside others is not ready: the one that it replaces is seen to drain only after its
 * `preStop` (10 s) and the next renewal of its lease (3 s).
 */
export const earliest = 15;
/** Seconds after which it is ready in any case: a drain of the default window is over by then, and the next one too. */
export const latest = 240;
/** Milliseconds between two looks at the nodes. */
const interval = 2_000;

/**
 * Whether a node that is `uptime` seconds old is to wait. It is not where those that stay are full with what they have and
 * what comes to them from those that go: then help is worth more than pace.
 *
 * @param nodes those that are there; the one that asks may be among them
 */
export function isToWait(
  { node, capacity }: Pick<PacedStartOptions, "node" | "capacity">,
  uptime: number,
  nodes: readonly NodeInfo[],
): boolean {
  const others = nodes.filter((each) => each.node !== node);
  const draining = others.filter((each) => each.draining).length;
  const staying = others.length - draining;
  const held = others.reduce((sum, { connections }) => sum + connections, 0);
  if (staying === 0 || uptime >= latest || held > staying * capacity) return false;
  return uptime < earliest || draining >= mostDraining;
}

/** Holds the readiness of one node back, once: a node that was ready is not held again. */
export class PacedStart {
  readonly #options: PacedStartOptions;
  #isWaiting = true;
  #startedAt = 0;

  constructor(options: PacedStartOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = performance.now();
    void this.#run();
  }

  stop(): void {
    this.#isWaiting = false;
  }

  /** Why the node is not ready, for `/readyz`; clients that come nevertheless are served. */
  obstacle(): Failure | undefined {
    return this.#isWaiting
      ? new Failure("unavailable", "This node is ready when fewer others drain.", { after: interval })
      : undefined;
  }

  async #run(): Promise<void> {
    while (this.#isWaiting) {
      this.#isWaiting = await this.#isHeld();
      if (this.#isWaiting) await sleep(interval, undefined, { ref: false });
    }
  }

  async #isHeld(): Promise<boolean> {
    const uptime = (performance.now() - this.#startedAt) / 1_000;
    const nodes = await this.#options.nodes().catch(this.#options.onFailure);
    // Where the others cannot be asked, time alone decides; readiness needs Redis besides.
    return this.#isWaiting && (nodes ? isToWait(this.#options, uptime, nodes) : uptime < latest);
  }
}
