/*
 * How a route's answers are described, the errors by their codes. OpenAPI is made from it, and the type of what a
 * handler returns.
 */

import type { z } from "zod";
import { type ErrorCode, failureKinds } from "../errors.ts";
import { errorAnswer } from "./schemas.ts";

/** An answer as OpenAPI describes it. */
export interface Answer<Schema extends z.ZodType> {
  description: string;
  content: { "application/json": { schema: Schema } };
}

/** Any call under `/v1` may answer these. */
const always: readonly ErrorCode[] = ["bad_request", "unauthorized", "internal", "unavailable"];

/**
 * The answers of a route: the good one, and the errors by status with the codes that have it. The type has the
 * good one only, so that it is what a handler must return; errors are thrown.
 */
export function answers<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  errors: readonly ErrorCode[] = [],
): { 200: Answer<Schema> } {
  return { ...errorAnswers([...always, ...errors]), 200: answer(description, schema) };
}

export function answer<Schema extends z.ZodType>(description: string, schema: Schema): Answer<Schema> {
  return { description, content: { "application/json": { schema } } };
}

function errorAnswers(codes: readonly ErrorCode[]): Record<string, Answer<typeof errorAnswer>> {
  const byStatus: Record<string, Answer<typeof errorAnswer>> = {};
  for (const code of new Set(codes)) {
    const kind = failureKinds[code];
    if (!("status" in kind)) continue;
    const before = byStatus[kind.status];
    const line = `\`${code}\`: ${kind.message}`;
    byStatus[kind.status] = answer(before ? `${before.description}\n\n${line}` : line, errorAnswer);
  }
  return byStatus;
}
