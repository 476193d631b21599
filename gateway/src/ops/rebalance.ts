/*
 * Sends clients from a node that has too many to those that have few. `app.ts` starts it where the setting `rebalance`
 * is on. Without it nodes that were added for a peak stay half empty until clients reconnect by themselves.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { NodeInfo } from "../backplane/ports.ts";
import type { Connection } from "../connection/connection.ts";

export interface RebalanceOptions {
  /** The name of this node. */
  node: string;
  /** Connections that a node is sized for. */
  capacity: number;
  /** Whether anybody may be sent away now: the node does not drain, and the shared state can be reached. */
  steady(): boolean;
  /** The nodes that are there, this one included. */
  nodes(): Promise<NodeInfo[]>;
  /** Those that are open, the oldest first. */
  connections(): Connection[];
  /** Says goodbye and closes, so that the client comes back, elsewhere. */
  release(connection: Connection, after: number): Promise<void>;
  /** Told of each connection that is sent away. */
  onReleased(): void;
  /** The nodes could not be compared. */
  onFailure(error: unknown): void;
}

/** Milliseconds between two looks at the nodes. */
const interval = 10_000;
/** Seconds in which a node that has started fills by itself; nobody is sent away meanwhile, nor while any node drains. */
const settling = 180;
/** A node has too many above this share of the average, and so many more than it; until it has less than the other. */
const begin = { share: 1.2, more: 500 };
const end = 1.1;
/** The most that is sent away in a second, as a share of the average. */
const pace = 0.005;
/**
 * What is beyond a node's capacity goes faster, as in a drain, until so much of the capacity is left: in seconds the pace
 * at which all of a full node would go.
 */
const relief = { share: 0.95, window: 90 };
/** Milliseconds after which those who are sent away come back at the latest. */
const latestReturn = 1_000;

/** How many connections a node has, and of which average. */
export interface Load {
  own: number;
  average: number;
}

/** @returns undefined while the nodes are not to be compared: one is going, one has just come, or there is no other */
export function loadOf(node: string, own: number, nodes: readonly NodeInfo[]): Load | undefined {
  const others = nodes.filter((each) => each.node !== node);
  if (others.length === 0) return undefined;
  if (nodes.some(({ draining, uptime }) => draining || uptime < settling)) return undefined;
  const total = others.reduce((sum, { connections }) => sum + connections, own);
  return { own, average: total / (others.length + 1) };
}

/**
 * How many a node that has more than its capacity sends away until the next look, since others have room for them. Nodes that
 * have just come count: for them it is what makes a peak that came before them end.
 *
 * @returns 0 while any node drains, whose connections need the room
 */
export function excessOf(
  { node, capacity }: Pick<RebalanceOptions, "node" | "capacity">,
  own: number,
  nodes: readonly NodeInfo[],
): number {
  if (own <= capacity || nodes.some(({ draining }) => draining)) return 0;
  const others = nodes.filter((each) => each.node !== node);
  const room = others.reduce((sum, { connections }) => sum + Math.max(0, capacity - connections), 0);
  // Each of the nodes may be one that has too many.
  const share = room / (others.length + 1);
  const paced = (capacity / relief.window) * (interval / 1_000);
  return Math.ceil(Math.min(own - capacity * relief.share, share, paced));
}

/**
 * How many a node that is much fuller than the others sends away until the next look.
 *
 * @param begun whether it has begun to, and so goes on below where it began
 */
export function unevennessOf({ own, average }: Load, begun = false): number {
  const isUneven = begun ? own > average * end : own > average * begin.share && own > average + begin.more;
  return isUneven ? Math.ceil(Math.min(own - average * end, (average * pace * interval) / 1_000)) : 0;
}

/**
 * Evens out what scaling up leaves uneven: new nodes get new connections only, and the old ones stay as full as they
 * were. Each node judges itself, and sends its oldest connections away so slowly that nobody notices.
 */
export class Rebalance {
  readonly #options: RebalanceOptions;
  #uneven = false;
  #running = false;

  constructor(options: RebalanceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    void this.#run();
  }

  stop(): void {
    this.#running = false;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const count = await this.#surplus();
      if (count === 0) await pause(interval);
      else await this.#sendAway(count);
    }
  }

  /** How many are to leave until the next look. */
  async #surplus(): Promise<number> {
    const { node, steady, nodes, connections, onFailure } = this.#options;
    if (!steady()) return 0;
    const all = await nodes().catch(onFailure);
    if (!all) return 0;
    const held = connections().length;
    return Math.max(excessOf(this.#options, held, all), this.#unevenness(loadOf(node, held, all)));
  }

  #unevenness(load: Load | undefined): number {
    if (!load) return 0;
    const count = unevennessOf(load, this.#uneven);
    this.#uneven = count > 0;
    return count;
  }

  async #sendAway(count: number): Promise<void> {
    const { steady, connections, release, onReleased } = this.#options;
    for (const connection of connections().slice(0, count)) {
      await pause((interval / count) * (0.5 + Math.random()));
      if (!this.#running || !steady()) return;
      // It may have left while its turn was awaited.
      if (connection.closed) continue;
      void release(connection, Math.floor(Math.random() * latestReturn));
      onReleased();
    }
  }
}

function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}
