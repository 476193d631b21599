/*
 * Which keys a channel has seen, and what their publications came to. MemoryChannel asks before it publishes: a client
 * that repeats after a lost answer must not publish twice.
 */

import type { Position } from "../../protocol/position.ts";
import { idempotencyLifetime as lifetime } from "../ports.ts";

/**
 * Milliseconds by which keys are dropped late, many at once. The front of a Map from which the oldest
 * is deleted again and again gets slow to find, too slow for every publication.
 */
const slack = 1_000;

export interface IdempotencyKey {
  /** Milliseconds. */
  at: number;
  position: Position | undefined;
}

/** The idempotency keys of one channel, and what their first use came to. */
export class IdempotencyKeys {
  /** Oldest first. */
  readonly #uses = new Map<string, IdempotencyKey>();
  #oldestAt = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#uses.size;
  }

  /** Milliseconds on the clock after which `forget` has something to do. */
  get dueAt(): number {
    return this.#oldestAt + lifetime + slack;
  }

  find(key: string, now: number): IdempotencyKey | undefined {
    const use = this.#uses.get(key);
    return use && now - use.at < lifetime ? use : undefined;
  }

  add(key: string, position: Position | undefined, now: number): void {
    this.#uses.delete(key);
    this.#uses.set(key, { at: now, position });
    this.#oldestAt = Math.min(this.#oldestAt, now);
  }

  forget(now: number): void {
    if (now <= this.dueAt) return;
    this.#oldestAt = Number.POSITIVE_INFINITY;
    for (const [key, { at }] of this.#uses) {
      if (now - at < lifetime) {
        this.#oldestAt = at;
        return;
      }
      this.#uses.delete(key);
    }
  }
}
