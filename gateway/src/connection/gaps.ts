/*
 * Tells the members of a channel that messages are lost and cannot be read again. The backplane reports the loss.
 * Their clients subscribe again by position, spread over some seconds, since each of them reads the history.
 */

import type { Held } from "../channels/subscriber.ts";
import { Failure } from "../errors.ts";
import type { Position } from "../protocol/position.ts";
import type { Joiner } from "./joiner.ts";
import type { Registry } from "./registry.ts";

export interface GapsOptions {
  registry: Registry;
  joiner: Joiner;
  /** The connections in the channel's room. */
  members(channel: string): Iterable<string>;
}

/** Milliseconds over which the members of a channel are sent the loss, since each of them comes back and reads. */
const spread = 5_000;

/** Ends the subscriptions of channels in which something is missing that nobody can bring back. */
export class Gaps {
  readonly #options: GapsOptions;

  constructor(options: GapsOptions) {
    this.#options = options;
  }

  /** @param resumed the position after which deliveries go on */
  lost(channel: string, resumed: Position): void {
    const { members, registry } = this.#options;
    for (const id of members(channel)) {
      const subscription = registry.get(id)?.held.get(channel);
      // Whoever joined after the loss and before it was found has missed nothing.
      if (subscription?.since && reaches(subscription.since, resumed)) continue;
      setTimeout(() => this.#tell(id, channel, subscription), Math.random() * spread).unref();
    }
  }

  /** A client that has seen the loss itself and subscribed again lacks nothing any more. */
  #tell(id: string, channel: string, subscription: Held | undefined): void {
    const connection = this.#options.registry.get(id);
    if (!connection) return;
    const failure = new Failure("gap", "Messages of this channel were lost.", { retryable: true });
    const expel = async () => {
      if (connection.held.get(channel) === subscription) {
        await this.#options.joiner.expel(connection, channel, failure);
      }
    };
    connection.work
      .run(true, expel)
      // It fails only where the connection has ended: nobody is left to send it to.
      .catch(() => {});
  }
}

/** Whether a subscription that began at `since` began after everything that was lost. */
function reaches(since: Position, resumed: Position): boolean {
  return since.epoch === resumed.epoch && since.offset >= resumed.offset;
}
