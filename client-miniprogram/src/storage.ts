import { type Clock, Timer } from "./clock.ts";
import { type Host, isAlipay } from "./transports/host.ts";

/** Positions by channel. */
export type Positions = { [channel: string]: string };

interface Stored {
  /** Channels that come with the token; they continue although no page asks for them. */
  own: string[];
  positions: Positions;
}

export interface PositionStoreOptions {
  host: Host | undefined;
  key: string;
  clock: Clock;
  collect(): Stored;
}

const pause = 1_000;

/** Keeps positions over the end of the app. What cannot be read or written is not kept; nothing else depends on it. */
export class PositionStore {
  readonly #options: PositionStoreOptions;
  readonly #timer: Timer;

  constructor(options: PositionStoreOptions) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
  }

  load(): Stored {
    const { host, key } = this.#options;
    const storage = host as { getStorageSync?(key: unknown): unknown } | undefined;
    try {
      const found = storage?.getStorageSync?.(host && isAlipay(host) ? { key } : key);
      const text = host && isAlipay(host) ? (found as { data?: unknown }).data : found;
      const stored = JSON.parse(String(text || "{}")) as Partial<Stored>;
      return { own: stored.own || [], positions: stored.positions || {} };
    } catch {
      return { own: [], positions: {} };
    }
  }

  /** Writes soon; a busy channel does not write for every message. */
  touch(): void {
    if (!this.#timer.running) this.#timer.set(pause, () => this.save());
  }

  save(): void {
    this.#timer.clear();
    const { host, key, collect } = this.#options;
    const storage = host as { setStorageSync?(key: unknown, value?: unknown): unknown } | undefined;
    const data = JSON.stringify(collect());
    try {
      if (host && isAlipay(host)) storage?.setStorageSync?.({ key, data });
      else storage?.setStorageSync?.(key, data);
    } catch {
      // A full storage costs a reload at the next cold start.
    }
  }

  stop(): void {
    if (this.#timer.running) this.save();
  }
}
