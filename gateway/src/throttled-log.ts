import type { Log } from "./log.ts";
import type { FieldsOf, ThrottledLineId, TroubleLineId } from "./log-lines/table.ts";

/** Milliseconds in which a kind gets one more line. */
const interval = 5_000;

interface ThrottledLogOptions {
  /** Lines of a kind at once. */
  burst?: number;
  /** Counts what came from Redis and was dropped. */
  onMalformed?(): void;
}

/**
 * Logs the same line once in a while, with how often it was suppressed meanwhile. In an outage each call to Redis fails,
 * thousands in a second, and the log would cost more than the calls.
 */
export class ThrottledLog {
  /** For lines that are written each time. */
  readonly log: Log;
  readonly #kinds = new Map<string, { left: number; at: number; suppressed: number }>();
  readonly #burst: number;
  readonly #onMalformed: () => void;

  constructor(log: Log, { burst = 1, onMalformed = () => {} }: ThrottledLogOptions = {}) {
    this.log = log;
    this.#burst = burst;
    this.#onMalformed = onMalformed;
  }

  /** Logs that something from Redis was dropped, and counts it. */
  malformed(id: TroubleLineId, cause: unknown): void {
    this.#onMalformed();
    this.warn(id, cause);
  }

  /** @param cause anything thrown; undefined where nothing was */
  warn(id: TroubleLineId, cause?: unknown): void {
    this.write(id, { cause });
  }

  /** @param kind one of few; lines of different kinds do not suppress each other */
  write<Id extends ThrottledLineId>(id: Id, fields: Omit<FieldsOf<Id>, "suppressed">, kind = ""): void {
    const suppressed = this.#take(`${id} ${kind}`);
    if (suppressed !== undefined) this.log.write(id, { ...fields, suppressed } as FieldsOf<Id>);
  }

  /** @returns how many lines were left out before this one; undefined where it is left out too */
  #take(kind: string): number | undefined {
    const now = performance.now();
    const state = this.#kinds.get(kind) ?? { left: this.#burst, at: now, suppressed: 0 };
    this.#kinds.set(kind, state);
    state.left = Math.min(this.#burst, state.left + (now - state.at) / interval);
    state.at = now;
    if (state.left < 1) {
      state.suppressed += 1;
      return undefined;
    }
    state.left -= 1;
    const { suppressed } = state;
    state.suppressed = 0;
    return suppressed;
  }
}
