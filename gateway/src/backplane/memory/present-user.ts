/*
 * One user in one channel, in memory: its connections, when the last of them ended, and what has been told of it.
 * MemoryPresence makes it at the first connection and drops it when there is nothing left to tell.
 */

import type { PresenceEvent, PresenceState, PresenceUser } from "../../protocol/events.ts";
import type { PresenceManner } from "../ports.ts";

/** A connection that is there, or the last one that was. */
interface Entry {
  info?: unknown;
  /** Unix milliseconds; absent while it is online. */
  awaySince?: number | undefined;
}

/** An entry whose connection has ended; it stays until `goesAt`, for a new one of the user to come. */
interface EndedEntry extends Entry {
  /** Unix milliseconds. */
  goesAt: number;
}

type State = PresenceState | "gone";

/** A user's connections to one channel. */
export class PresentUser {
  /** In the order in which they entered. */
  readonly #entries = new Map<string, Entry>();
  /** There only while no connection is. */
  #ended: EndedEntry | undefined;
  #infoOfLast: unknown;
  /** The state that subscribers know, while that is another than the user's. */
  #told: State | undefined;
  /** Unix milliseconds when they were told last. */
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Unix milliseconds when what has changed since may be told. */
  #tellAt: number | undefined;
  /** As of the last change. */
  manner: PresenceManner;

  constructor(manner: PresenceManner) {
    this.manner = manner;
  }

  get state(): State {
    const entries = this.#present;
    if (entries.length === 0) return "gone";
    return entries.every(({ awaySince }) => awaySince !== undefined) ? "away" : "online";
  }

  /** When the last of the connections went away; absent while one is online. */
  get awaySince(): number | undefined {
    if (this.state !== "away") return undefined;
    return Math.max(...this.#present.map(({ awaySince = 0 }) => awaySince));
  }

  /** The newest connection's; after all have left, the last one's. */
  get info(): unknown {
    const newest = this.#present.at(-1);
    return newest ? newest.info : this.#infoOfLast;
  }

  /** What is told of the user beside the id, as far as it is there. */
  get details(): Pick<PresenceUser, "info" | "since"> {
    const { info, awaySince: since } = this;
    return { ...(info !== undefined && { info }), ...(since !== undefined && { since }) };
  }

  /** Connections that are there. */
  get size(): number {
    return this.#entries.size;
  }

  /** Unix milliseconds when there is something to do; absent where nothing is left. */
  get dueAt(): number | undefined {
    const times = [this.#ended?.goesAt, this.#tellAt].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  has(connection: string): boolean {
    return this.#entries.has(connection);
  }

  enter(connection: string, { info, awaySince = this.#entries.get(connection)?.awaySince }: Entry): void {
    this.#ended = undefined;
    this.#entries.set(connection, { info, awaySince });
  }

  leave(connection: string): void {
    this.#infoOfLast = this.#entries.get(connection)?.info;
    this.#entries.delete(connection);
  }

  /** As `leave`; the last one stays for a while as ended. */
  end(connection: string, now: number): void {
    const { linger, hold } = this.manner;
    const entry = this.#entries.get(connection);
    this.leave(connection);
    if (!entry || this.size > 0) return;
    const { awaySince } = entry;
    const goesAt = Math.max(now + linger, awaySince === undefined ? 0 : awaySince + hold);
    if (goesAt > now) this.#ended = { ...entry, goesAt };
  }

  setAway(connection: string, since: number | undefined): void {
    const entry = this.#entries.get(connection);
    if (entry) entry.awaySince = since === undefined ? undefined : (entry.awaySince ?? since);
  }

  /** Lets go of an ended entry whose time has come. */
  expire(now: number): void {
    if (!this.#ended || this.#ended.goesAt > now) return;
    this.#infoOfLast = this.#ended.info;
    this.#ended = undefined;
  }

  /**
   * @param before the state before the change
   * @param tell is given what subscribers have to hear now
   */
  tell(before: State, now: number, tell: (event: PresenceEvent) => void): void {
    const { state } = this;
    const { pace } = this.manner;
    const told = this.#told ?? before;
    const event = eventOf(told, state);
    this.#told = undefined;
    this.#tellAt = undefined;
    if (now < this.#toldAt + pace) {
      // Who is gone is kept for that long, or who comes and goes in turn would be told of each time.
      if (event) this.#told = told;
      if (event || state === "gone") this.#tellAt = this.#toldAt + pace;
      return;
    }
    if (!event) return;
    tell(event);
    if (event === "joined" && state === "away") tell("away");
    this.#toldAt = now;
    if (state === "gone" && pace > 0) this.#tellAt = now + pace;
  }

  get #present(): Entry[] {
    return this.#ended ? [this.#ended] : [...this.#entries.values()];
  }
}

function eventOf(before: State, after: State): PresenceEvent | undefined {
  if (before === after) return undefined;
  if (before === "gone") return "joined";
  if (after === "gone") return "left";
  return after === "away" ? "away" : "back";
}
