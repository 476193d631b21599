import { Failure } from "./errors.ts";

/** Characters; what some parsers say lists every fault of a large message. */
const longest = 500;
/** Errors within errors. */
const deepest = 5;

/**
 * What a thrown value says, for the log: of a Failure what made it fail, of an error that holds others what those say.
 * The errors of a connection that was tried on several addresses are such; their own message is empty.
 */
export function causeOf(thrown: unknown): string | undefined {
  const words = wordsOf(thrown, 0);
  return words !== undefined && words.length > longest ? `${words.slice(0, longest - 1)}…` : words;
}

function wordsOf(thrown: unknown, depth: number): string | undefined {
  if (thrown === undefined || depth > deepest) return undefined;
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return [...new Set(thrown.errors.map((error) => wordsOf(error, depth + 1)))].join("; ");
  }
  const inner = wordsOf(thrown.cause, depth + 1);
  if (thrown instanceof Failure && inner !== undefined) return inner;
  const own = thrown.message || codeOf(thrown) || thrown.name;
  return inner === undefined ? own : `${own}: ${inner}`;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
