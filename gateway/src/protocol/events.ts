/**
 * What the gateway sends, as types; PROTOCOL says what it means. The client package holds its own types equal to these.
 * What clients send is declared once, as schemas, in `request-schemas.ts`, and what backends are sent as well in
 * `answer-schemas.ts`.
 */

import type { ErrorBody } from "../errors.ts";
import type { HistoryPage, Message, PresencePage } from "./answer-schemas.ts";

export type { ErrorBody } from "../errors.ts";
export type { Message, PresencePage, PresenceState, PresenceUser } from "./answer-schemas.ts";
export type { SubscriptionItem } from "./request-schemas.ts";

/** `epoch:offset`. */
export type PositionText = string;

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
  /** A channel token that a backend has granted, to be handed back with the next subscribe. */
  token?: string;
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
  /** A backend that was asked has it not published. */
  skipped?: true;
}

/** The reply to an event that a backend answers. */
export interface RequestReply<Data = unknown> {
  ok: true;
  data?: Data;
}

export interface HistoryReply extends HistoryPage {
  ok: true;
}

export interface PresenceReply extends PresencePage {
  ok: true;
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

export interface Granted {
  channel: string;
  /** The newest channel token of a held channel. */
  token: string;
}

export interface Goodbye {
  code: ErrorBody["code"];
  reconnect: boolean;
  /** Milliseconds to wait before coming back. */
  after?: number;
}
