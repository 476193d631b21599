/** Every failure that a client, a backend or an operator can be told about, in one table. */

interface FailureKind {
  /** HTTP status of the code on the server API; absent for codes that only end a connection. */
  status?: number;
  /** Whether the same request may succeed later unchanged. */
  retryable: boolean;
  /** What is said when the place that fails says nothing more precise. */
  message: string;
}

export const failureKinds = {
  bad_request: {
    status: 400,
    retryable: false,
    message: "The request is not of the form the protocol asks for.",
  },
  not_subscribed: {
    status: 400,
    retryable: false,
    message: "This connection is not subscribed to the channel.",
  },
  unknown_channel: { status: 400, retryable: false, message: "No rule matches the channel." },
  unauthorized: { status: 401, retryable: false, message: "The credentials were not accepted." },
  token_expired: { status: 401, retryable: false, message: "The token has expired." },
  forbidden: { status: 403, retryable: false, message: "The rules do not allow this." },
  not_found: { status: 404, retryable: false, message: "There is nothing at this address." },
  method_not_allowed: { status: 405, retryable: false, message: "This address does not take the method." },
  no_handler: { status: 404, retryable: false, message: "Nothing handles this event." },
  gap: { status: 409, retryable: false, message: "The history no longer reaches back to this position." },
  too_large: { status: 413, retryable: false, message: "The payload is larger than the limit." },
  rate_limited: { status: 429, retryable: true, message: "Too many requests." },
  limit_exceeded: { status: 429, retryable: false, message: "A limit of this connection is reached." },
  internal: { status: 500, retryable: false, message: "The gateway failed; its log has the cause." },
  unavailable: { status: 503, retryable: true, message: "The gateway cannot serve this at the moment." },
  draining: {
    status: 503,
    retryable: true,
    message: "This node is shutting down; another one will serve you.",
  },
  timeout: { status: 504, retryable: false, message: "No answer came in time; the outcome is unknown." },
  slow_consumer: { retryable: true, message: "The connection did not read fast enough." },
  replaced: { retryable: false, message: "Another connection took the place of this one." },
  revoked: { retryable: false, message: "The token was revoked." },
  disconnected: { retryable: false, message: "A backend ended the connection." },
} as const satisfies Record<string, FailureKind>;

export type ErrorCode = keyof typeof failureKinds;

/** The error object of the protocol (PROTOCOL, section 5). `after` is in milliseconds. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  after?: number;
}

export interface FailureDetails {
  /** Overrides the code's own `retryable`. */
  retryable?: boolean;
  /** Milliseconds after which a retry makes sense. */
  after?: number;
  /** For the log only; never leaves the process. */
  cause?: unknown;
}

/** A failure with a code. Whatever reaches a client or a backend as an error is one of these. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly after: number | undefined;

  constructor(code: ErrorCode, message?: string, details: FailureDetails = {}) {
    super(message ?? failureKinds[code].message, { cause: details.cause });
    this.name = "Failure";
    this.code = code;
    this.retryable = details.retryable ?? failureKinds[code].retryable;
    this.after = details.after;
  }

  get status(): number {
    const kind: FailureKind = failureKinds[this.code];
    return kind.status ?? 500;
  }

  get body(): ErrorBody {
    const { code, message, retryable, after } = this;
    return after === undefined ? { code, message, retryable } : { code, message, retryable, after };
  }

  /** Any thrown value as a Failure; what is not one becomes `internal`, with the value as its cause. */
  static of(thrown: unknown): Failure {
    return thrown instanceof Failure ? thrown : new Failure("internal", undefined, { cause: thrown });
  }
}
