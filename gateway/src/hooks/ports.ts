/*
 * What the gateway asks backends, whoever answers. `backend.ts` asks them over HTTP; the rooms above know no more than
 * stands here.
 */

import type { ConnectAnswer, ConnectQuestion } from "../auth/hook-login.ts";
import type { Failure } from "../errors.ts";

export type { ConnectAnswer, ConnectQuestion } from "../auth/hook-login.ts";

/** Whose question it is. */
export interface Asker {
  /** The connection's id. */
  readonly id: string;
  readonly user: string;
  readonly info: unknown;
}

/** One channel that a frame asks for. */
export interface SubscribeQuestion {
  channel: string;
  /** What the client says besides. */
  data?: unknown;
}

/** How a channel may be joined. */
export interface SubscribeAnswer {
  /** Shown in the channel's presence in place of the connection's. */
  info?: unknown;
  /** Unix milliseconds; absent: as long as the connection. */
  expiresAt?: number | undefined;
  /** Seconds for which nobody need be asked again. */
  grant?: number | undefined;
}

export interface PublishQuestion {
  channel: string;
  /** Any JSON, with binary values in it. */
  data: unknown;
  /** The publication's `id`, where it has one. */
  messageId: string | undefined;
}

/** What is published: as it came, something else, or nothing. */
export type PublishAnswer = "as it is" | { data: unknown } | "skip";

export interface RequestQuestion {
  event: string;
  data: unknown;
}

/**
 * The backends that decide. Each question is answered, or throws a Failure: what the backend says, or `unavailable`,
 * with `after`, where it says nothing that counts.
 */
export interface Backend {
  /** Whether anybody is asked that, of those kinds that need no rule. */
  asks(kind: "connect" | "request"): boolean;
  connect(question: ConnectQuestion): Promise<ConnectAnswer>;
  /** @returns one for each channel, in their order */
  subscribe(asker: Asker, channels: readonly SubscribeQuestion[]): Promise<(SubscribeAnswer | Failure)[]>;
  publish(asker: Asker, question: PublishQuestion): Promise<PublishAnswer>;
  /** @returns any JSON; undefined where there is nothing to say */
  request(asker: Asker, question: RequestQuestion): Promise<unknown>;
}
