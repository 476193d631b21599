import type { ErrorCode } from "./errors.ts";

/** Where a publication came from. */
export type PublishSource = "client" | "api";

/** What a subscribe with `since` came to. */
export type RecoveryResult = "recovered" | "refused";

/** Why a connection ended, for logs and metrics: a code, or what the transport reported. */
export type CloseReason =
  | ErrorCode
  | "client_disconnect"
  | "transport_close"
  | "transport_error"
  | "ping_timeout"
  | "parse_error"
  | "shutdown";

/**
 * What the rooms of the gateway report about themselves. The metrics are one implementation; tests
 * use `noMeter`. No method takes a value that a client chooses, so no label can grow without bound.
 */
export interface Meter {
  connectionOpened(handshakeSeconds: number): void;
  connectionClosed(reason: CloseReason): void;
  refused(code: ErrorCode): void;
  requestHandled(event: string, code: "ok" | ErrorCode): void;
  received(bytes: number): void;
  sent(bytes: number): void;
  published(source: PublishSource, seconds: number, code: "ok" | ErrorCode): void;
  /** Messages to a room, and their copies to its members. */
  delivered(messages: number, copies: number): void;
  recovered(result: RecoveryResult, messages: number): void;
  conflated(messages: number): void;
  slowConsumer(): void;
}

export const noMeter: Meter = {
  connectionOpened() {},
  connectionClosed() {},
  refused() {},
  requestHandled() {},
  received() {},
  sent() {},
  published() {},
  delivered() {},
  recovered() {},
  conflated() {},
  slowConsumer() {},
};
