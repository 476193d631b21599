/**
 * What the gateway sends, as types; PROTOCOL says what it means. The client package holds its own types equal to these.
 * What clients send is declared once, as schemas, in `request-schemas.ts`.
 */

import type { ErrorBody } from "../errors.ts";

export type { ErrorBody } from "../errors.ts";
export type { SubscriptionItem } from "./request-schemas.ts";

/** `epoch:offset`. */
export type PositionText = string;

export interface Message<Data = unknown> {
  channel: string;
  data: Data;
  position?: PositionText;
  id?: string;
  /** The publishing user; absent where a backend published. */
  user?: string;
  /** Unix milliseconds. */
  time: number;
}

export interface SubscribeReply {
  ok: true;
  channel: string;
  position?: PositionText;
  /** Present where `since` was given, and on `latest` channels. */
  recovered?: boolean;
  messages: Message[];
  /** The subscription is not live yet: subscribe again with the last message's position. */
  more?: true;
  latest?: true;
}

export interface ErrorReply {
  ok: false;
  error: ErrorBody;
}

export type ChannelErrorReply = ErrorReply & { channel: string };

export interface SubscribeManyReply {
  ok: true;
  results: (SubscribeReply | ChannelErrorReply)[];
}

export interface PublishReply {
  ok: true;
  position?: PositionText;
}

export interface HistoryReply {
  ok: true;
  /** The newest position of the channel. */
  position: PositionText;
  messages: Message[];
  more?: true;
}

export type PresenceState = "online" | "away";

export interface PresenceUser {
  user: string;
  info?: unknown;
  state: PresenceState;
  /** Unix milliseconds when the last of the user's connections went away; only with `away`. */
  since?: number;
  connections: number;
}

export interface PresenceReply {
  ok: true;
  /** Users in the channel, on all pages. */
  total: number;
  users: PresenceUser[];
  cursor?: string;
}

export interface RefreshReply {
  ok: true;
  /** Unix milliseconds. */
  expiresAt: number;
}

export interface Welcome {
  connection: string;
  user: string;
  node: string;
  /** Unix milliseconds on the gateway's clock. */
  time: number;
  token?: string;
  /** Unix milliseconds. */
  expiresAt?: number;
  channels: (SubscribeReply | ChannelErrorReply)[];
}

export type PresenceEvent = "joined" | "left" | "away" | "back";

export interface PresenceChange {
  channel: string;
  user: string;
  info?: unknown;
  /** As in PresenceUser; only with `away`. */
  since?: number;
}

export interface Unsubscribed {
  channel: string;
  error: ErrorBody;
}

export interface Goodbye {
  code: ErrorBody["code"];
  reconnect: boolean;
  /** Milliseconds to wait before coming back. */
  after?: number;
}
