import type { Log } from "../../log.ts";

/** Milliseconds between two lines of one kind. */
const interval = 5_000;

/**
 * Logs the same warning once in a while, with how often it was suppressed meanwhile. All of this room logs through one: in an
 * outage each call fails, thousands in a second, and the log would cost more than the calls.
 */
export class ThrottledLog {
  readonly #log: Log;
  readonly #kinds = new Map<string, { since: number; suppressed: number }>();
  readonly #onMalformed: () => void;

  /** @param onMalformed counts what came from Redis and was dropped */
  constructor(log: Log, onMalformed: () => void = () => {}) {
    this.#log = log;
    this.#onMalformed = onMalformed;
  }

  /** @param message as for `warn` */
  malformed(message: string, error: unknown): void {
    this.#onMalformed();
    this.warn(message, error);
  }

  /** @param message one of few; it is the kind */
  warn(message: string, error?: unknown): void {
    const now = performance.now();
    const kind = this.#kinds.get(message);
    if (kind && now - kind.since < interval) {
      kind.suppressed += 1;
      return;
    }
    this.#kinds.set(message, { since: now, suppressed: 0 });
    const cause = error instanceof Error ? error.message : undefined;
    this.#log.warn({ cause, suppressed: kind?.suppressed ?? 0 }, message);
  }
}
