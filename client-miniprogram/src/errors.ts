import type { ErrorBody } from "./protocol.ts";

/** Every failure that the client tells of: one of the gateway's codes, or one of its own with the same meaning. */
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

/** Any thrown value as a TideError; what has no code becomes `unavailable`, worth another try. */
export function errorOf(thrown: unknown): TideError {
  if (thrown instanceof TideError) return thrown;
  const { code, message, errMsg, retryable, after } = Object(thrown) as Partial<ErrorBody> & {
    errMsg?: string;
  };
  const body: ErrorBody = {
    code: typeof code === "string" ? code : "unavailable",
    message: String(message || errMsg || thrown),
    retryable: typeof code === "string" ? retryable === true : true,
  };
  if (after !== undefined) body.after = after;
  return new TideError(body);
}

/** A failure of the client's own making. */
export function failure(code: string, message: string, retryable = false): TideError {
  return new TideError({ code, message, retryable });
}

/** Codes that mean another token may be let in. */
export function isTokenFault({ code }: { code: string }): boolean {
  return code === "unauthorized" || code === "token_expired";
}
