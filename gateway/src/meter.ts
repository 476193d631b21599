import type { ErrorCode } from "./errors.ts";

/** Where a publication came from. */
export type PublishSource = "client" | "api";

/**
 * What a subscribe with `since` came to. What the history no longer reaches back to is `too_old`; where the channel
 * counts anew, since it was forgotten or Redis lost it or failed over, it is `reset`.
 */
export type RecoveryResult = "recovered" | "too_old" | "reset";

/** Why a connection ended, for logs and metrics: a code, or what the transport reported. */
export type CloseReason =
  | ErrorCode
  | "client_disconnect"
  | "transport_close"
  | "transport_error"
  | "ping_timeout"
  | "parse_error"
  | "shutdown";

/** Why a handshake is refused before the upgrade: by what the node does, or by what it has too little of. */
export type RefusalReason = "draining" | "unavailable" | "rate" | "lag" | "memory" | "descriptors";

/** Which of a node's connections to a Redis. */
export type RedisRole = "commands" | "subscriber" | "reads";

/** A hole in what Redis brought of a channel: noticed, filled from the history, or told to the subscribers. */
export type GapResult = "found" | "repaired" | "lost";

/** What a backend may be asked. */
export type QuestionKind = "connect" | "subscribe" | "publish" | "request";

/**
 * What came of a question to a backend. A refusal is an answer. The others are none: not made, since the breaker is open
 * or too many wait; or made in vain.
 */
export type QuestionOutcome =
  | "answered"
  | "refused"
  | "open"
  | "busy"
  | "timeout"
  | "unreachable"
  | "ended"
  | "too_large"
  | "status"
  | "malformed";

/** What happens between a node and the backends that it asks. Hooks are named by the operator. */
export interface HookMeter {
  /** The hook is there to be asked. */
  asksHook(hook: string, kind: QuestionKind): void;
  asked(hook: string, kind: QuestionKind, outcome: QuestionOutcome, seconds: number): void;
  breaker(hook: string, kind: QuestionKind, open: boolean): void;
}

/** What happens between a node and the backends that it tells. */
export interface TellingMeter {
  /** The hook is there to be told. */
  tellsHook(hook: string): void;
  /** `refused` speaks of events, `failed` of the hook. */
  told(hook: string, outcome: "taken" | "refused" | "failed", seconds: number, events: number): void;
  /** Events that were let go before they were told; of what Redis has lost the number is not known. */
  tidingsDropped(hook: string, because: "keep" | "age" | "redis", count: number): void;
  setAside(hook: string, events: number): void;
  /** What all nodes together have to tell. @param age seconds of the oldest */
  tidingsWaiting(hook: string, bytes: number, age: number): void;
}

/** What happens between a node and the place where it meets the others. */
export interface BackplaneMeter {
  redisConnected(role: RedisRole): void;
  redisAnswered(role: RedisRole, seconds: number): void;
  /** A call was answered with an error, or not in time. */
  redisFailed(role: RedisRole): void;
  gap(result: GapResult): void;
  /** The node was out of reach for so long that its lease had ended. */
  leaseLost(): void;
  /** Nodes that did not answer a command, or do not know it. */
  unreached(nodes: number): void;
  /** A message came over pub/sub that is of no form that is sent there. */
  malformed(): void;
}

/**
 * What the rooms of the gateway report about themselves. The metrics are one implementation; tests
 * use `noMeter`. No method takes a value that a client chooses, so no label can grow without bound.
 */
export interface Meter extends BackplaneMeter, HookMeter, TellingMeter {
  connectionOpened(handshakeSeconds: number): void;
  connectionClosed(reason: CloseReason): void;
  refused(code: ErrorCode): void;
  turnedAway(reason: RefusalReason): void;
  requestHandled(event: string, code: "ok" | ErrorCode): void;
  received(bytes: number): void;
  sent(bytes: number): void;
  /** What a slow consumer is not sent any more. */
  dropped(bytes: number): void;
  published(source: PublishSource, seconds: number, code: "ok" | ErrorCode): void;
  /**
   * Messages to a room, and their copies to its members.
   *
   * @param age seconds since the first of the messages was published; absent where that is not known
   */
  delivered(messages: number, copies: number, age?: number): void;
  recovered(result: RecoveryResult, messages: number): void;
  conflated(messages: number): void;
  slowConsumer(): void;
  /** Connections that had to be cut at the end of a drain. */
  drainForced(count: number): void;
  /** A connection was sent to a node that has fewer. */
  rebalanced(): void;
}

export const noMeter: Meter = {
  asksHook() {},
  asked() {},
  breaker() {},
  tellsHook() {},
  told() {},
  tidingsDropped() {},
  setAside() {},
  tidingsWaiting() {},
  redisConnected() {},
  redisAnswered() {},
  redisFailed() {},
  gap() {},
  leaseLost() {},
  unreached() {},
  malformed() {},
  connectionOpened() {},
  connectionClosed() {},
  refused() {},
  turnedAway() {},
  requestHandled() {},
  received() {},
  sent() {},
  dropped() {},
  published() {},
  delivered() {},
  recovered() {},
  conflated() {},
  slowConsumer() {},
  drainForced() {},
  rebalanced() {},
};
