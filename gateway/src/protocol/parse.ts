import type { z } from "zod";
import { Failure } from "../errors.ts";

/** @throws Failure `bad_request` that names each place and what was expected there, never the value found */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Failure("bad_request", result.error.issues.map(describe).join("; "));
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.join(".") || "payload";
  return `${place}: ${issue.message}`;
}
