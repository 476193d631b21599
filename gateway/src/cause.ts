import { Failure } from "./errors.ts";

/** Errors within errors. */
const deepest = 5;

/**
 * What a thrown value says, for the log: of a Failure what made it fail, of an error that holds others what those say.
 * The errors of a connection that was tried on several addresses are such; their own message is empty.
 */
export function causeOf(thrown: unknown, depth = 0): string | undefined {
  if (thrown === undefined || depth > deepest) return undefined;
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map((error) => causeOf(error, depth + 1)))].join("; ");
  }
  const inner = causeOf(thrown.cause, depth + 1);
  if (thrown instanceof Failure && inner !== undefined) return inner;
  const own = thrown.message || codeOf(thrown) || thrown.name;
  return inner === undefined ? own : `${own}: ${inner}`;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
