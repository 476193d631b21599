/*
 * How a node that stops lets its clients go: slowly, so that the others can take them. `app/stop.ts` calls it in the
 * phases `drain` and `cut`. Without it each rollout would be a storm of reconnects.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../connection/connection.ts";

export interface DrainOptions {
  /** Milliseconds over which connections are closed. */
  window: number;
  /** Those that are open, the oldest first. */
  connections(): Connection[];
  /** Says goodbye and closes, so that the client comes back, elsewhere. */
  release(connection: Connection, after: number): Promise<void>;
}

export interface CutOptions {
  /** Connections that are left. */
  count(): number;
  /** Ends all of them at once. */
  force(): void;
  onForced(count: number): void;
}

/** Milliseconds in which Prometheus, which comes every 15 s, scrapes how many were cut. */
const scrapeTime = 17_000;

/**
 * Cuts those who are left although their time is over. Where there are any, the node stays until that was scraped: a
 * counter that rises with the end of its process is seen by nobody.
 *
 * @returns connections that were cut
 */
export async function cutLeft({ count, force, onForced }: CutOptions): Promise<number> {
  const left = count();
  if (left > 0) {
    onForced(left);
    force();
    await sleep(scrapeTime);
  }
  return left;
}

/** No two closes are further apart, so that a node with few connections leaves fast. */
const maxSpacing = 500;
const batchInterval = 1_000;
/** How much faster than planned a drain may go that is late, for the node had too little to run on. */
const catchUp = 1.5;

/**
 * Closes all connections in jittered batches over the window. Clients that are closed at once come back at
 * once, to nodes that are already carrying the load of this one.
 *
 * The youngest leave first. While all nodes are restarted one after the other, they are those that an earlier drain
 * sent here; a balancer that counts connections sends them to the node that has just come back and is empty. Those
 * who leave last, when it has caught up, may reach a node that is still to be restarted: they have not moved yet.
 */
export async function drainConnections({ window, connections, release }: DrainOptions): Promise<void> {
  const total = connections().length;
  const duration = Math.min(window, total * maxSpacing);
  const leastSpacing = duration / total / catchUp;
  const end = performance.now() + duration;
  const leaving = new Map<Connection, Promise<void>>();
  for (;;) {
    // Anew for each batch: some leave by themselves, and those whose handshake was under way at the start have to go too.
    const waiting = connections().filter((connection) => !leaving.has(connection));
    if (waiting.length === 0) break;
    const left = Math.max(0, end - performance.now());
    const batches = Math.max(1, Math.round(left / batchInterval));
    const batch = shuffled(waiting.slice(-Math.ceil(waiting.length / batches)));
    await spread(batch, Math.max(left / batches, batch.length * leastSpacing), (connection) => {
      leaving.set(connection, release(connection, Math.floor(Math.random() * batchInterval)));
    });
  }
  await Promise.all(leaving.values());
}

async function spread(
  batch: readonly Connection[],
  interval: number,
  release: (connection: Connection) => void,
): Promise<void> {
  const spacing = interval / batch.length;
  let due = performance.now();
  for (const connection of batch) {
    release(connection);
    due += Math.min(maxSpacing, spacing * (0.5 + Math.random()));
    // Timers are exact to a millisecond; several connections may be due at once.
    const wait = due - performance.now();
    if (wait >= 1) await sleep(wait);
  }
}

function shuffled<Item>(items: Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
