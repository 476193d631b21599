/*
 * Notices that a node has too little of something to take more connections. Admission asks it for each newcomer.
 * Without it a node that falls behind would go on to take clients, until it serves nobody.
 */

import { collectGarbage, givenMemory, takenMemory } from "./memory.ts";

/** What a node can have too little of to take more connections. */
export type Shortage = "lag" | "memory" | "descriptors";

export interface OverloadOptions {
  /** Milliseconds that the event loop may be late; 0 for no limit. */
  maxLoopDelay: number;
  /** Percent of the memory limit that the process may use; 0 for no limit. */
  maxMemory: number;
  /** Bytes; what the process is given where undefined. */
  memoryLimit: number | undefined;
  /** Bytes that newcomers cannot have; throws where the system does not tell. */
  taken?(): number;
  /** Gives back the memory of those who have left. */
  collect?(): void;
  /** Sockets that may be open on the public port before newcomers are refused; infinite for no limit. */
  maxSockets: number;
  /** Sockets that are open there now. */
  sockets(): number;
  /** Newcomers are refused for it from now on, or no longer. */
  onChange?(shortage: Shortage, short: boolean): void;
  /** The memory could not be read, where it could before. */
  onUnread?(error: unknown): void;
}

/** Milliseconds between two looks at the event loop, and looks between two at the memory. */
const interval = 100;
const looksPerReading = 10;
/** What is left of a delay with each look after it, so that one long turn is over within a second. */
const decay = 0.8;
/** A share of the connections that is left when the others' memory is worth collecting. */
const few = 4;
/** A shortage that began at its limit ends below this share of it, so that it does not come and go. */
const relief = { lag: 0.5, memory: 0.95, descriptors: 0.95 };

/** Watches what a node is short of. Asking it costs nothing. */
export class Overload {
  /** Bytes that the process may have. */
  readonly memoryLimit: number;
  readonly #options: OverloadOptions;
  readonly #limits: Record<Shortage, number>;
  readonly #short: Record<Shortage, boolean> = { lag: false, memory: false, descriptors: false };
  #timer: NodeJS.Timeout | undefined;
  #delay = 0;
  #looks = 0;
  #unread = false;
  /** Sockets at most since the memory is short, or since garbage was collected. */
  #most = 0;

  constructor(options: OverloadOptions) {
    const { maxLoopDelay, maxMemory, maxSockets, memoryLimit = givenMemory() } = options;
    this.#options = options;
    this.memoryLimit = memoryLimit;
    this.#limits = {
      lag: maxLoopDelay,
      memory: (memoryLimit * maxMemory) / 100,
      descriptors: maxSockets,
    };
  }

  get shortage(): Shortage | undefined {
    // Thousands may come between two looks, so they are counted as each of them asks.
    this.#judge("descriptors", this.#options.sockets());
    if (this.#short.descriptors) return "descriptors";
    if (this.#short.lag) return "lag";
    return this.#short.memory ? "memory" : undefined;
  }

  start(): void {
    let due = performance.now() + interval;
    const look = (): void => {
      const now = performance.now();
      this.#look(now - due);
      due = now + interval;
      this.#timer = setTimeout(look, interval).unref();
    };
    this.#timer = setTimeout(look, interval).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(lateness: number): void {
    // A turn of minutes, as after a freeze, is as over as one of a second once it has ended.
    this.#delay = Math.min(Math.max(lateness, this.#delay * decay), 4 * this.#limits.lag);
    this.#judge("lag", this.#delay);
    this.#judge("descriptors", this.#options.sockets());
    if (this.#limits.memory > 0 && this.#looks++ % looksPerReading === 0) this.#readMemory();
  }

  /** The reading opens a file, for which there may be no descriptor: the node goes by the last one then. */
  #readMemory(): void {
    const { taken = takenMemory, onUnread } = this.#options;
    try {
      this.#judge("memory", taken());
      if (this.#short.memory) this.#collectAfterLeaving();
      this.#unread = false;
    } catch (error) {
      if (!this.#unread) onUnread?.(error);
      this.#unread = true;
    }
  }

  /** Where most have left, what they had is garbage that nothing else would have collected soon. */
  #collectAfterLeaving(): void {
    const { sockets, collect = collectGarbage } = this.#options;
    const count = sockets();
    this.#most = Math.max(this.#most, count);
    if (this.#most === 0 || count > this.#most / few) return;
    collect();
    // Not again until as many more have left: it holds the node up.
    this.#most = count;
  }

  #judge(shortage: Shortage, reading: number): void {
    const limit = this.#limits[shortage];
    const bound = this.#short[shortage] ? limit * relief[shortage] : limit;
    const short = limit > 0 && reading > bound;
    if (short === this.#short[shortage]) return;
    this.#short[shortage] = short;
    this.#options.onChange?.(shortage, short);
  }
}
