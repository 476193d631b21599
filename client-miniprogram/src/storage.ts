/*
 * Keeps positions in the host's storage, so that an app that was killed continues where it was. Subscriptions owns one
 * where `storage` is set. What it reads may be of another version of the app, or of none: nothing in it is trusted.
 */

import { type Clock, Timer } from "./clock.ts";
import { isChannelName, isPosition } from "./position.ts";
import { type Host, isAlipay } from "./transports/host.ts";

/** Positions by channel. */
export type Positions = { [channel: string]: string };

/** A channel may be called `constructor`, which every other object has. */
export function noPositions(): Positions {
  return Object.create(null);
}

interface Stored {
  /** Channels that come with the token; they continue although no page asks for them. */
  own: string[];
  positions: Positions;
}

export interface StorageOptions {
  host: Host | undefined;
  key: string;
  clock: Clock;
}

const pause = 1_000;

/** Keeps positions over the end of the app. What cannot be read or written is not kept; nothing else depends on it. */
export class PositionStore {
  readonly #options: StorageOptions;
  readonly #timer: Timer;

  constructor(options: StorageOptions) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
  }

  /** Whether something is about to be written. */
  get waiting(): boolean {
    return this.#timer.running;
  }

  load(): Stored {
    const { host, key } = this.#options;
    const storage = host as { getStorageSync?(key: unknown): unknown } | undefined;
    try {
      // Alipay takes an object and returns one; the other hosts take the key and return the value.
      const found = storage?.getStorageSync?.(host && isAlipay(host) ? { key } : key);
      const text = host && isAlipay(host) ? (found as { data?: unknown }).data : found;
      return sound(JSON.parse(String(text || "{}")));
    } catch {
      return sound({});
    }
  }

  /** Writes soon; a busy channel does not write for every message. */
  touch(collect: () => Stored): void {
    if (!this.#timer.running) this.#timer.set(pause, () => this.save(collect()));
  }

  save(stored: Stored): void {
    this.#timer.clear();
    const { host, key } = this.#options;
    const storage = host as { setStorageSync?(key: unknown, value?: unknown): unknown } | undefined;
    const data = JSON.stringify(stored);
    try {
      if (host && isAlipay(host)) storage?.setStorageSync?.({ key, data });
      else storage?.setStorageSync?.(key, data);
    } catch {
      // A full storage costs a reload at the next cold start.
    }
  }
}

/** Storage outlives versions of the app. What the gateway would not take as a position would cost the whole handshake. */
function sound({ own, positions }: Partial<Stored>): Stored {
  const known = noPositions();
  for (const channel of Object.keys(Object(positions))) {
    const position: unknown = (positions as Positions)[channel];
    if (isPosition(position)) known[channel] = position;
  }
  return { own: Array.isArray(own) ? own.filter(isChannelName) : [], positions: known };
}
