/*
 * The ports by which hooks are told what has happened. The step that makes an event true stores it: so what is stored is
 * written by the calls of broker and presence, and by those of Users here. `hooks/teller.ts` empties what has been stored.
 * `memory/` and `redis/` implement them; without a hook that is told, and without a limit a user, neither does anything.
 */

import type { TidingKind } from "../config/hooks.ts";

/** A hook that is told, as the backplane knows it. */
export interface Listener {
  /** No other hook's. */
  name: string;
  kinds: ReadonlySet<TidingKind>;
  /** Whether it hears of what happens in the channel. */
  hears(channel: string): boolean;
  /** What is kept for it: bytes on one Redis, and milliseconds. */
  keep: { size: number; age: number };
}

/** What is told, and to whom. */
export interface TidingOptions {
  listeners: readonly Listener[];
  /** Milliseconds for which nobody may have come back before it is told that somebody has gone. */
  settle: number;
  /** A user's connections; one more ends the oldest. */
  connectionsPerUser?: number | undefined;
  /** Milliseconds in which a connection that is dead is noticed. */
  silence: number;
}

export const noTidings: TidingOptions = { listeners: [], settle: 0, silence: 0 };

/** What is said of a connection. */
export interface Visitor {
  user: string;
  connection: string;
  /** Unix milliseconds of the connect. */
  since: number;
  address: string;
  agent: string;
  platform?: string | undefined;
}

/** How a connection ended. */
export interface Departure {
  /** A reason as the metrics have it. */
  code: string;
  /** Unix milliseconds when it was last heard. */
  heard: number;
}

export interface OnlineUser {
  user: string;
  state: "online" | "away";
  /** Unix milliseconds when it went away; only with `away`. */
  since?: number;
  /** 0 where the last has just ended. */
  connections: number;
}

export interface UsersPage {
  users: OnlineUser[];
  cursor?: string;
}

/**
 * The connections of known users, over all nodes. Its calls do not fail: what the shared state cannot be told now is kept
 * as the state of the connection, and told after. Who comes beyond the limit a user has the oldest end with `replaced`.
 */
export interface Users {
  /** Whether anything is kept: a hook is told of users, or there is a limit. */
  readonly active: boolean;
  /** Resolves once it is stored, or noted to be. */
  connected(visitor: Visitor): Promise<void>;
  disconnected(visitor: Visitor, departure: Departure): Promise<void>;
  /** @param since Unix milliseconds when it went away, undefined once it is back */
  setAway(visitor: Visitor, since: number | undefined): Promise<void>;
  /**
   * Some users; the page's own cursor is there while others remain. One who stays throughout appears once on a walk
   * through the pages.
   *
   * @throws Failure `unavailable`, `bad_request` for a cursor that no page gave
   */
  page(limit: number, cursor: string | undefined): Promise<UsersPage>;
}

/** An event as it is stored. */
export interface Tiding {
  /** Where it stands in its stream; rises. */
  number: number;
  /** The event as JSON. */
  text: string;
}

/** What was let go before it was told. */
export interface Dropped {
  because: "keep" | "age" | "redis";
  count?: number | undefined;
  /** Unix milliseconds of the first and the last. */
  from?: number | undefined;
  to?: number | undefined;
}

/** The oldest of a stream. */
export interface TidingBatch {
  tag: string;
  epoch: string;
  dropped: Dropped[];
  tidings: Tiding[];
}

/** A batch that was told, or set aside. */
export type Told = Pick<TidingBatch, "epoch" | "dropped"> & { number: number };

/** What an event says that a hook has refused. */
export interface SetAside {
  /** Unix milliseconds. */
  at: number;
  /** The status of the answer. */
  status: number;
  event: unknown;
}

export interface TidingState {
  /** Events that wait, and their bytes. */
  waiting: number;
  bytes: number;
  /** Unix milliseconds of the oldest. */
  oldest?: number;
}

/** The streams of events, of which each hook has some. One node at a time empties a stream. */
export interface TidingStreams {
  /** Streams of the hook that may hold anything, and that no other node empties. @throws Failure `unavailable` */
  look(hook: string): Promise<string[]>;
  /**
   * Takes the stream for this node for a while, or goes on with it.
   *
   * @param told what can be forgotten
   * @param bound events and bytes of a batch; the first event always fits
   * @returns undefined where another node empties it
   * @throws Failure `unavailable`
   */
  take(
    hook: string,
    tag: string,
    bound: { size: number; bytes: number },
    told?: Told,
  ): Promise<TidingBatch | undefined>;
  /** Lets another node go on with it. @throws Failure `unavailable` */
  release(hook: string, tag: string): Promise<void>;
  /** Keeps the newest 1,000. @throws Failure `unavailable` */
  setAside(hook: string, events: readonly SetAside[]): Promise<void>;
  /** The newest first. @throws Failure `unavailable` */
  aside(hook: string): Promise<SetAside[]>;
  /** @throws Failure `unavailable` */
  state(hook: string): Promise<TidingState>;
  /** @param listener hears of streams to which this node has added */
  onAdded(listener: (tag: string) => void): void;
}
