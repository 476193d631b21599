import type { Log } from "../../log.ts";

/** Milliseconds between two lines of one kind. */
const interval = 5_000;

/** Logs the same trouble once in a while, however often it comes: an outage must not flood the log. */
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
