/* Checks what came in against a schema, and describes what is wrong with it. */

import type { z } from "zod";
import { Failure } from "../errors.ts";

/** How much of a bad request is told: one of a thousand faults must not have an answer of a thousand sentences. */
const maxIssues = 8;
const maxNameLength = 40;

/** @throws Failure as `faultsOf`, where the value is not of the schema */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw faultsOf(result.error, "payload");
}

/**
 * The one description of a bad request, of a client's and of a backend's.
 *
 * @param root what the top level is called
 * @returns Failure `bad_request` that names each place and what was expected there, never the value found
 */
export function faultsOf(error: z.core.$ZodError, root: string): Failure {
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
