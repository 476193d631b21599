/* Checks what came in against a schema, and describes what is wrong with it. */

import type { z } from "zod";
import { Failure } from "../errors.ts";

/** How much of a bad request is told: one of a thousand faults must not have an answer of a thousand sentences. */
const maxIssues = 8;
const maxNameLength = 40;

/** @throws Failure as `check` returns it, where the value is not of the schema */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const checked = check(schema, value, "payload");
  if ("fault" in checked) throw checked.fault;
  return checked.value;
}

/**
 * The one check of a request, of a client's and of a backend's.
 *
 * @param root what the top level is called
 * @returns the value, or Failure `bad_request` that names each place and what was expected there, never the value found
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
): { value: z.output<Schema> } | { fault: Failure } {
  const { success, data, error } = schema.safeParse(value, { error: wordsOf });
  return success ? { value: data } : { fault: faultsOf(error, root) };
}

function faultsOf(error: z.ZodError, root: string): Failure {
  const told = error.issues.slice(0, maxIssues).map((issue) => describe(issue, root));
  const more = error.issues.length - told.length;
  return new Failure("bad_request", more > 0 ? `${told.join("; ")}; and ${more} more` : told.join("; "));
}

function describe(issue: z.core.$ZodIssue, root: string): string {
  const place = issue.path.join(".") || root;
  return `${place}: ${issue.code === "unrecognized_keys" ? unknownMembers(issue.keys) : issue.message}`;
}

/** The names are the sender's own text, so what is told of them is bounded. */
function unknownMembers(keys: readonly string[]): string {
  const names = keys.slice(0, maxIssues).map((key) => JSON.stringify(key.slice(0, maxNameLength)));
  return `unknown member ${names.join(", ")}`;
}

const typeWords: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  nonoptional: "a value",
};

const unitWords: Record<string, string> = { string: " character", array: " item" };

/** Said where a schema has no words of its own, in place of the library's. */
function wordsOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${typeWords[issue.expected] ?? "another value"}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
    case "too_small":
      return `expected at least ${amountOf(Number(issue.minimum), issue.origin)}`;
    case "too_big":
      return `expected at most ${amountOf(Number(issue.maximum), issue.origin)}`;
    default:
      return "expected a value of another form";
  }
}

function amountOf(count: number, origin: string): string {
  const unit = unitWords[origin];
  return unit ? `${count}${unit}${count === 1 ? "" : "s"}` : String(count);
}
