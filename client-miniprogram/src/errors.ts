/*
 * Every failure that a page can meet has one form, the gateway's: a code, words, whether to try again, and when.
 * Everything that fails comes through here, whether the gateway says it, the platform, or the page's own function.
 */

import { systemClock } from "./clock.ts";
import type { ErrorBody } from "./protocol.ts";

/** What platforms say of a domain that is not on their list: waiting does not help. */
const misconfigured = /domain list|white ?list|合法域名|白名单/i;

/** Every failure that the client reports. It has one of the gateway's codes, or one of its own with the same meaning. */
export class TideError extends Error {
  readonly code: string;
  /** The same call may succeed later unchanged. */
  readonly retryable: boolean;
  /** Milliseconds after which a retry makes sense. */
  readonly after: number | undefined;

  constructor({ code, message, retryable, after }: ErrorBody) {
    super(message);
    this.name = "TideError";
    this.code = code;
    this.retryable = retryable;
    this.after = after;
  }
}

/** Any thrown value as a TideError. What is not the gateway's becomes `unavailable`, which is worth another try. */
export function errorOf(thrown: unknown): TideError {
  if (thrown instanceof TideError) return thrown;
  const { code, message, errMsg, retryable, after } = Object(thrown) as Partial<ErrorBody> & {
    errMsg?: string;
  };
  // Errors of other libraries have codes too, but do not say what a code comes to.
  const known = typeof retryable === "boolean";
  const body: ErrorBody = {
    code: known ? String(code) : "unavailable",
    message: String(message || errMsg || thrown),
    retryable: !known || retryable,
  };
  if (after !== undefined) body.after = after;
  return new TideError(body);
}

/** What the platform said of a connection that failed. @param words of the platform, or of our own */
export function connectionFailure(words: string): TideError {
  return failure("unavailable", words, !misconfigured.test(words));
}

/** A page's own mistake belongs in the app's error log, and must not stop what the client does. */
export function reportMistake(error: unknown): void {
  systemClock.setTimeout(() => {
    throw error;
  }, 0);
}

/** Whether what a page's function threw says what it is: a failure of the gateway's form, or the platform's. */
export function isFailure(thrown: unknown): boolean {
  const { retryable, errMsg, errorMessage } = Object(thrown) as { [part: string]: unknown };
  return typeof retryable === "boolean" || !!errMsg || !!errorMessage;
}

/** A failure of the client's own making. */
export function failure(code: string, message: string, retryable = false): TideError {
  return new TideError({ code, message, retryable });
}

/** Codes that mean another token may be let in. */
export function isTokenFault({ code }: { code: string }): boolean {
  return code === "unauthorized" || code === "token_expired";
}
