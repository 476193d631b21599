/*
 * The channels that this client has, by name, and the positions of those that it had when the app last ran. Recovery
 * owns it. A stored position is used once: a later subscribe would go back to where the app started.
 */

import { noPositions, PositionStore, type Positions, type StorageOptions } from "./storage.ts";
import { Subscription } from "./subscription.ts";

/** The gateway takes no more in one handshake. */
const mostStored = 100;

/** The channels of this client, and the positions that others had when the app last ran. */
export class Subscriptions {
  readonly #all = new Map<string, Subscription>();
  readonly #store: PositionStore | undefined;
  /** Positions of when the app last ran; each is used once. */
  readonly #stored: Positions = noPositions();

  /** @param storage is where positions outlive the app; absent: nowhere */
  constructor(storage: StorageOptions | undefined) {
    if (!storage) return;
    this.#store = new PositionStore(storage);
    const { own, positions } = this.#store.load();
    this.#stored = positions;
    for (const channel of own) this.create(channel).origin = "own";
  }

  get(channel: string): Subscription | undefined {
    return this.#all.get(channel);
  }

  /** All of them, as they are now. */
  list(): Subscription[] {
    return Array.from(this.#all.values());
  }

  create(channel: string, since?: string): Subscription {
    const subscription = new Subscription(channel, since || this.#stored[channel]);
    delete this.#stored[channel];
    this.#all.set(channel, subscription);
    return subscription;
  }

  remove({ channel }: Subscription): void {
    this.#all.delete(channel);
    this.moved();
  }

  /** Positions have changed. */
  moved(): void {
    this.#store?.touch(() => this.#collect());
  }

  /** The app may end from here on. */
  save(): void {
    this.#store?.save(this.#collect());
  }

  stop(): void {
    if (this.#store?.waiting) this.save();
    this.#all.clear();
  }

  /** The positions of the lasting channels. */
  #collect(): { own: string[]; positions: Positions } {
    const positions = noPositions();
    // Channels that no page has opened yet keep their place: an app may open them in its next run.
    for (const channel of Object.keys(this.#stored).slice(-mostStored)) {
      positions[channel] = this.#stored[channel] as string;
    }
    const lasting = this.list().filter((subscription) => subscription.lasting);
    for (const { channel, position } of lasting) {
      if (position !== undefined && position !== "start") positions[channel] = position;
    }
    const own = lasting.filter(({ origin }) => origin === "own").map(({ channel }) => channel);
    return { own, positions };
  }
}
