/*
 * Pages of histories and of presence, which cost Redis a hundred times what a publication does, on a connection of their
 * own. A Shard has one. Few are under way at once, and the rest waits here, where it can still be given up: what has been
 * sent is worked off although nobody waits for it any more. Without it, members of one large channel who read it stop all
 * publishing.
 */

import { Failure } from "../../../errors.ts";
import type { Script } from "../scripts.ts";
import { Deadlines } from "./deadlines.ts";
import type { Argument, RedisConnection } from "./redis-connection.ts";

type Line = Pick<RedisConnection, "run" | "pending" | "ready">;

/** Reads without an answer at once: Redis works each off before it takes up a publication that came after it. */
const atOnce = 16;
/** Milliseconds that a read may wait for its turn. With the time for its answer that is a second. */
const patience = 200;

/** Reads within bounds: of those under way at once, and of the time that one may wait for its turn. */
export class HeavyReads {
  readonly #own: Line;
  readonly #commands: Pick<RedisConnection, "run">;
  readonly #waits = new Deadlines(patience);
  /** Each begins its read, in the order of the calls. */
  readonly #waiting = new Set<() => void>();
  /** Reads that are under way on the connection for commands. */
  #borrowed = 0;

  /** @param commands takes the reads while their own connection is not there */
  constructor(own: Line, commands: Pick<RedisConnection, "run">) {
    this.#own = own;
    this.#commands = commands;
  }

  /** As RedisConnection's. @throws Failure `unavailable`, also where the turn does not come in time: nothing is sent then */
  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    if (this.#waiting.size > 0 || !this.#hasRoom) await this.#turn();
    const isOwn = this.#own.ready;
    if (!isOwn) this.#borrowed += 1;
    try {
      return await (isOwn ? this.#own : this.#commands).run(script, keys, args);
    } finally {
      if (!isOwn) this.#borrowed -= 1;
      this.#advance();
    }
  }

  /** Those that failed by their deadline count until Redis answers or the connection is lost. */
  get #hasRoom(): boolean {
    return (this.#own.ready ? this.#own.pending : this.#borrowed) < atOnce;
  }

  async #turn(): Promise<void> {
    let begin = (): void => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    this.#waiting.add(begin);
    // What had been under way may have got its answer without anybody waiting for that any more.
    this.#advance();
    try {
      await this.#waits.within(turn);
    } catch (cause) {
      throw new Failure("unavailable", undefined, { cause });
    } finally {
      this.#waiting.delete(begin);
    }
  }

  /** One more for each that ends, since what begins here is sent a step later. */
  #advance(): void {
    const [next] = this.#waiting;
    if (!next || !this.#hasRoom) return;
    this.#waiting.delete(next);
    next();
  }
}
