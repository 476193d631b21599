/*
 * Stops asking a backend that does not answer, for each kind of question on this node. `asked-hook.ts` asks it before a
 * call. Without it every question would take the hook's whole timeout, and all its places.
 */

/** Milliseconds of the past that count, in slots of one second. */
const slots = 10;
const second = 1_000;
/** Calls below which nothing is concluded from them. */
const fewest = 20;
const firstPause = 1_000;
const longestPause = 10_000;

/** How a call may be made: as usual, or as the one that finds out whether the backend is back. */
export type Pass = "usual" | "probe";

interface Slot {
  second: number;
  calls: number;
  unanswered: number;
}

/**
 * Opens when of the last 10 s at least 20 calls were made and half brought no answer: for 1 s, doubling to 10 s, with one
 * call in between that closes it where it is answered.
 */
export class Breaker {
  readonly #now: () => number;
  readonly #slots: Slot[] = [];
  #pause = firstPause;
  /** Monotonic milliseconds until which it is open; undefined while it is closed. */
  #openUntil: number | undefined;
  #probing = false;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get open(): boolean {
    return this.#openUntil !== undefined;
  }

  /** @returns undefined where no call may be made; what is returned has to be recorded */
  pass(): Pass | undefined {
    if (this.#openUntil === undefined) return "usual";
    if (this.#probing || this.#now() < this.#openUntil) return undefined;
    this.#probing = true;
    return "probe";
  }

  /** Milliseconds until it lets a call through again. */
  get wait(): number {
    return Math.max(0, (this.#openUntil ?? 0) - this.#now());
  }

  /** How a call ended that was let through. */
  record(pass: Pass, answered: boolean): void {
    if (pass === "probe") this.#settle(answered);
    // What began before it opened says nothing of now.
    else if (this.#openUntil === undefined) this.#count(answered);
  }

  #settle(answered: boolean): void {
    this.#probing = false;
    this.#slots.length = 0;
    this.#pause = answered ? firstPause : Math.min(this.#pause * 2, longestPause);
    this.#openUntil = answered ? undefined : this.#now() + this.#pause;
  }

  #count(answered: boolean): void {
    const now = Math.floor(this.#now() / second);
    while (this.#slots[0] && this.#slots[0].second <= now - slots) this.#slots.shift();
    if (this.#slots.at(-1)?.second !== now) this.#slots.push({ second: now, calls: 0, unanswered: 0 });
    const slot = this.#slots.at(-1);
    if (!slot) return;
    slot.calls += 1;
    if (answered) return;
    slot.unanswered += 1;
    const calls = sum(this.#slots, "calls");
    if (calls >= fewest && sum(this.#slots, "unanswered") * 2 >= calls) {
      this.#openUntil = this.#now() + this.#pause;
    }
  }
}

function sum(slots: readonly Slot[], member: "calls" | "unanswered"): number {
  return slots.reduce((total, slot) => total + slot[member], 0);
}
