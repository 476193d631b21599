import { Failure } from "../errors.ts";
import type { Joiner } from "./joiner.ts";
import type { Registry } from "./registry.ts";

export interface GapsOptions {
  registry: Registry;
  joiner: Joiner;
  /** The connections in the channel's room. */
  members(channel: string): Iterable<string>;
}

/** Milliseconds over which the members of a channel are told, since each of them comes back and reads. */
const spread = 5_000;

/** Ends the subscriptions of channels in which something is missing that nobody can bring back. */
export class Gaps {
  readonly #options: GapsOptions;

  constructor(options: GapsOptions) {
    this.#options = options;
  }

  lost(channel: string): void {
    for (const id of this.#options.members(channel)) {
      setTimeout(() => this.#tell(id, channel), Math.random() * spread).unref();
    }
  }

  #tell(id: string, channel: string): void {
    const connection = this.#options.registry.get(id);
    const failure = new Failure("gap", "Messages of this channel were lost.", { retryable: true });
    connection
      ?.run(true, () => this.#options.joiner.expel(connection, channel, failure))
      // The connection has ended: there is nobody left to tell.
      .catch(() => {});
  }
}
