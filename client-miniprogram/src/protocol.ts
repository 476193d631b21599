/** The gateway's payloads, as PROTOCOL names them. A test holds them equal to the gateway's own types. */

export interface ErrorBody {
  code: string;
  message: string;
  /** The same request may succeed later unchanged. */
  retryable: boolean;
  /** Milliseconds after which a retry makes sense. */
  after?: number;
}

export interface Message<Data = unknown> {
  channel: string;
  data: Data;
  /** `epoch:offset`; absent on channels without history. */
  position?: string;
  id?: string;
  /** The publishing user; absent where a backend published. */
  user?: string;
  /** Unix milliseconds. */
  time: number;
}

export interface SubscribeRequest {
  channel: string;
  since?: string;
  token?: string;
  /** Bytes of messages that the reply frame may carry. */
  maxBytes?: number;
}

export interface SubscribeReply {
  ok: true;
  channel: string;
  position?: string;
  recovered?: boolean;
  messages: Message[];
  more?: true;
  latest?: true;
  /** A channel token that a backend has granted, handed back with the next subscribe. */
  token?: string;
}

export interface ErrorReply {
  ok: false;
  error: ErrorBody;
}

export type ChannelErrorReply = ErrorReply & { channel: string };

export type SubscribeResult = SubscribeReply | ChannelErrorReply;

export interface SubscribeManyReply {
  ok: true;
  results: SubscribeResult[];
}

export interface PublishReply {
  ok: true;
  position?: string;
  /** A backend that was asked has it not published. */
  skipped?: true;
}

export interface HistoryReply<Data = unknown> {
  ok: true;
  /** The newest position of the channel. */
  position: string;
  messages: Message<Data>[];
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
  total: number;
  users: PresenceUser[];
  cursor?: string;
}

export interface RefreshReply {
  ok: true;
  /** Unix milliseconds on the gateway's clock. */
  expiresAt: number;
}

export interface Welcome {
  connection: string;
  user: string;
  node: string;
  /** Unix milliseconds on the gateway's clock. */
  time: number;
  token?: string;
  /** Unix milliseconds on the gateway's clock. */
  expiresAt?: number;
  channels: SubscribeResult[];
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
  code: string;
  reconnect: boolean;
  after?: number;
}
