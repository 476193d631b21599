import type { Connection } from "../connection/connection.ts";

export interface DrainOptions {
  /** Milliseconds over which connections are closed. */
  window: number;
  connections(): Connection[];
  /** Says goodbye and closes, so that the client comes back, elsewhere. */
  release(connection: Connection, after: number): void;
}

/** No two closes are further apart, so that a node with few connections leaves fast. */
const maxSpacing = 500;
const batchInterval = 1_000;

/**
 * Closes all connections in jittered batches over the window. Clients that are closed at once come back at
 * once, to nodes that are already carrying the load of this one.
 */
export async function drainConnections(options: DrainOptions): Promise<void> {
  const total = options.connections().length;
  const duration = Math.min(options.window, total * maxSpacing);
  const batches = Math.max(1, Math.ceil(duration / batchInterval));
  for (let left = batches; left > 0; left -= 1) {
    const waiting = shuffled(options.connections());
    const batch = waiting.slice(0, Math.ceil(waiting.length / left));
    if (batch.length === 0) return;
    await releaseSpread(batch, Math.min(duration / batches, batch.length * maxSpacing), options.release);
  }
}

async function releaseSpread(
  batch: readonly Connection[],
  interval: number,
  release: (connection: Connection, after: number) => void,
): Promise<void> {
  const spacing = interval / batch.length;
  let due = performance.now();
  for (const connection of batch) {
    release(connection, Math.floor(Math.random() * batchInterval));
    due += Math.min(maxSpacing, spacing * (0.5 + Math.random()));
    // Timers are exact to a millisecond; several connections may be due at once.
    const wait = due - performance.now();
    if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function shuffled<Item>(items: Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
