import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";
import { Failure } from "../errors.ts";

/** How much of a bad request its answer tells. */
const maxIssues = 8;
const maxNameLength = 40;

/** Checks the parts of a request against the zod schemas of its route. */
export const validate: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const root = httpPart === "querystring" ? "query" : "body";
  return (value) => {
    const { data, error } = schema.safeParse(value);
    return error ? { error: faultsOf(error, root) } : { value: data };
  };
};

/**
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

/** The names are the caller's own text, so what is told of them is bounded. */
function unknownMembers(keys: readonly string[]): string {
  const names = keys.slice(0, maxIssues).map((key) => JSON.stringify(key.slice(0, maxNameLength)));
  return `unknown member ${names.join(", ")}`;
}
