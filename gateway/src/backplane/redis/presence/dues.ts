/*
 * What is still to be done in presence on this node, and when: users go whose connections have ended, and changes are told
 * that came too soon after others. RedisPresence keeps it. It ends with the node: what others then take over, they find in
 * the channels of its lease, so a channel stays in the index while it has anything here.
 */

import { ExpiryQueue } from "../../expiry.ts";

/** Of records of presence: 1 has connections alone, 2 also those that have ended and what is still to be told. */
export const presenceForm = 2;

/** A user in a channel for whom there is something to do. */
export interface Due {
  channel: string;
  user: string;
}

/** By user and channel. */
export class Dues {
  /** A user and a channel with a space between, on the monotonic clock. */
  readonly #queue = new ExpiryQueue<string>();
  readonly #users = new Map<string, Set<string>>();

  /** @param after milliseconds */
  add({ channel, user }: Due, after: number): void {
    const users = this.#users.get(channel) ?? new Set();
    this.#users.set(channel, users.add(user));
    this.#queue.schedule(`${user} ${channel}`, performance.now() + after);
  }

  /** Whether there is anything to do in the channel. */
  has(channel: string): boolean {
    return this.#users.has(channel);
  }

  /** Takes out all whose time has come. */
  take(): Due[] {
    return this.#queue.take(performance.now()).map((item) => {
      const [user = "", channel = ""] = item.split(" ");
      const users = this.#users.get(channel);
      users?.delete(user);
      if (users?.size === 0) this.#users.delete(channel);
      return { channel, user };
    });
  }
}
