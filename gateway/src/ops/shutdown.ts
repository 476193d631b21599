/*
 * Owns the end of a node: its phases, their order and how long each may take. OPERATIONS has its list from the texts
 * here, and `main.ts` its bound from their sum, so the three cannot differ.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../log.ts";

interface Phase {
  /** Milliseconds, after which the next phase begins. */
  limit: number;
  /** What happens in it, as OPERATIONS.md has it. */
  text: string;
  /** That it takes all its time is no trouble: whoever keeps a connection, as Prometheus does, has it wait. */
  isWait?: true;
}

/** What a node does when it stops, in this order. Nothing else bounds how long that may take. */
export const phases = {
  drain: {
    // Beyond the drain window, for a drain that is late and for the last answers.
    limit: 4_000,
    text: '`/readyz` is 503 and handshakes are refused with 503 and `Retry-After`, so balancers and clients go elsewhere. The server API goes on; each of its answers says `Connection: close`, so that callers who keep connections move without losing a call. Connections are closed over `TIDEGATE_DRAIN_WINDOW` in batches of a second, at most 500 ms between two closes: 4 connections are gone in 2 s, 10,000 in 90 s. Each gets the answers to its requests that are under way (for at most a second), `goodbye` `{code: "draining", reconnect: true, after}`, then the close of its transport. `after` differs by up to a second. The youngest leave first (below).',
  },
  peers: {
    limit: 2_000,
    isWait: true,
    text: "Peers answer the close of their sockets, and callers of the server API come once more.",
  },
  cut: {
    limit: 18_000,
    text: "Where connections are left, they are cut. The node then stays for 17 s, without clients, so that Prometheus, which comes every 15 s, sees how many they were.",
  },
  listening: {
    limit: 2_000,
    text: "The node takes the connections that the system has for it, stops listening, and waits a moment for the first request of the last ones. A connection that is made in the instant in which listening ends is reset by the system: whatever balances the API has long gone elsewhere by then.",
  },
  api: {
    limit: 2_000,
    text: "Requests to the server API that are under way get their answers.",
  },
  backplane: {
    limit: 2_000,
    text: "The node ends its lease and presence in Redis, closes Redis, and exits.",
  },
} satisfies Record<string, Phase>;

export type PhaseName = keyof typeof phases;

/** What a node has to do in some of the phases. */
export type Steps = Partial<Record<PhaseName, () => Promise<unknown>>>;

/** Milliseconds that a node that stops takes at most beyond its drain window. */
export const stopMargin = Object.values(phases).reduce((sum, { limit }) => sum + limit, 0);

export interface ShutdownOptions {
  /** Milliseconds over which connections are closed. */
  window: number;
  /** Connections that are open now. */
  connections(): number;
  log: Log;
}

/** The end of a node, which has one owner: what is still to be done, in order, each for a bounded time. */
export class Shutdown {
  readonly #options: ShutdownOptions;
  #draining = false;
  #connectionsBefore = 0;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Whether the node is about to end: it takes nobody any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Connections that were open when it began to; 0 before. */
  get connectionsBefore(): number {
    return this.#connectionsBefore;
  }

  /**
   * Runs the steps in the order of their phases. One that takes too long, or fails, keeps none that follows.
   *
   * @throws what the first step that failed has thrown
   */
  async run(steps: Steps): Promise<void> {
    if (!this.#draining) this.#connectionsBefore = this.#options.connections();
    this.#draining = true;
    const failures: unknown[] = [];
    for (const [phase, { limit, isWait }] of Object.entries(phases) as [PhaseName, Phase][]) {
      const step = steps[phase];
      if (!step) continue;
      const bound = phase === "drain" ? this.#options.window + limit : limit;
      const overdue = isWait ? "stop_phase_waited" : "stop_phase_exceeded";
      await this.#runStep(phase, step, bound, overdue).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * @param limit milliseconds
   * @param overdue what is logged where they were not enough
   */
  async #runStep(
    phase: PhaseName,
    step: () => Promise<unknown>,
    limit: number,
    overdue: "stop_phase_waited" | "stop_phase_exceeded",
  ): Promise<void> {
    const { log } = this.#options;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    const timer = new AbortController();
    try {
      const isOver = sleep(limit, false, { signal: timer.signal });
      const isDone = await Promise.race([step().then(() => true), isOver]);
      log.write(isDone ? "stop_phase_ended" : overdue, { phase, seconds: seconds() });
    } catch (error) {
      log.write("stop_phase_failed", { phase, seconds: seconds(), cause: error, err: error });
      throw error;
    } finally {
      timer.abort();
    }
  }
}
