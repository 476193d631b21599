/*
 * A connection as this room sees it, and what it holds. The connection room implements it; here nothing else of a
 * connection is known, so that tests and other transports can subscribe without one.
 */

import type { Subject } from "../auth/permissions.ts";
import type { Position } from "../protocol/position.ts";
import type { Feed } from "./feed.ts";

/** A connection as the channels see it. */
export interface Subscriber {
  readonly id: string;
  readonly subject: Subject;
  /** What presence shows of the user. */
  readonly info: unknown;
  /** Whether the presence of its channels lists it. */
  readonly listed: boolean;
  /** Unix milliseconds when it went away; undefined while it is online. */
  readonly awaySince: number | undefined;
  /** The connection has ended; whatever it was about to join is let go again. */
  readonly closed: boolean;
  /** It has ended by its own wish, or must not come back. */
  readonly leaves: boolean;
  readonly held: Map<string, Held>;
}

/** From when to when a channel token is good, or what a backend has answered, which is held as one. */
export interface ChannelTokenLife {
  /** Unix seconds. */
  issuedAt: number;
  /** Unix milliseconds; Infinity where a backend names no end. */
  expiresAt: number;
  /** There where the channel is left to a backend. */
  hook?: HookTerms;
}

/** What a backend's answer says besides. */
export interface HookTerms {
  /** Shown in the channel's presence in place of the connection's. */
  info?: unknown;
  /** Unix milliseconds until which nobody need be asked; absent where each join is a question. */
  grantedUntil?: number;
  /** The channel token that says all this. */
  token?: string | undefined;
}

/** A live subscription. */
export interface Held {
  feed: Feed;
  /** Where the channel stood when it began; undefined without history. */
  since: Position | undefined;
  /** Of the channel token that it ends with, where it was given one. */
  tokenLife: ChannelTokenLife | undefined;
  /** A backend made it, whatever the rules say. */
  granted: boolean;
  /** Cancels the alarm of the channel token. */
  cancelAlarm?: () => void;
}
