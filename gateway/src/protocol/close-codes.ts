import type { ErrorCode } from "../errors.ts";

/** The WebSocket close codes of an error: where the client is to stay away, and where it may come back unchanged. */
export interface CloseCodes {
  /** 4400 to 4499. */
  stays?: number;
  /** 4500 to 4599. */
  returns?: number;
}

/**
 * How a connection at `/ws` or `/json` is closed. A client looks at the hundred alone: 44xx does not come back
 * unchanged, everything else does. None is from 1012 to 1015, which several WebSocket libraries call an error.
 */
export const closeCodes: Record<ErrorCode, CloseCodes> = {
  bad_request: { stays: 4400 },
  not_subscribed: { stays: 4403 },
  unknown_channel: { stays: 4404 },
  unauthorized: { stays: 4401 },
  token_expired: { stays: 4401, returns: 4510 },
  forbidden: { stays: 4403 },
  not_found: { stays: 4404 },
  method_not_allowed: { stays: 4405 },
  no_handler: { stays: 4404 },
  gap: { returns: 4512 },
  too_large: { stays: 4413 },
  rate_limited: { returns: 4508 },
  limit_exceeded: { stays: 4429 },
  internal: { returns: 4500 },
  unavailable: { returns: 4503 },
  draining: { returns: 4501 },
  timeout: { returns: 4503 },
  slow_consumer: { returns: 4503 },
  replaced: { stays: 4409 },
  revoked: { stays: 4410 },
  disconnected: { stays: 4410, returns: 4511 },
};

const internalError = 4500;

/** @param reconnect whether the client is to come back; an error that is of one kind only has its own answer */
export function closeCodeOf(code: ErrorCode, reconnect: boolean): number {
  const { stays, returns } = closeCodes[code];
  return (reconnect ? (returns ?? stays) : (stays ?? returns)) ?? internalError;
}

/** Bytes of UTF-8 that a close frame has for its reason. */
const reasonBytes = 123;

/** What a close says: the code's name and a sentence, cut at a character. */
export function closeReasonText(code: ErrorCode, message: string): string {
  let reason = `${code}: ${message}`;
  while (Buffer.byteLength(reason) > reasonBytes) reason = [...reason].slice(0, -1).join("");
  return reason;
}
