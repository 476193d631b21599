/*
 * What an answer of a backend has to look like. Members that are unknown are ignored, so that a backend may be newer
 * than the gateway; everything else that is not of its form counts as no answer.
 */

import { z } from "zod";
import { allowClaim } from "../auth/claims.ts";
import { isUserId } from "../auth/permissions.ts";
import { Failure } from "../errors.ts";
import { shapeOf } from "../protocol/json.ts";

/** Codes in which a backend may refuse. */
const codes = [
  "forbidden",
  "unauthorized",
  "bad_request",
  "not_found",
  "rate_limited",
  "unavailable",
] as const;
/** Characters of a backend's own words that are passed on. */
const mostWords = 500;
const mostChannels = 1_000;
/** Levels in an answer; what is made of it may recurse. */
const deepest = 64;

const time = z.number().positive();

const refusal = z.object({
  error: z.object({
    code: z.enum(codes),
    message: z.string().optional(),
    after: z.int().min(0).optional(),
  }),
});

// Each schema is made once: making one costs more than a call.

export const connectAnswer = z.object({
  user: z.string().refine(isUserId),
  info: z.unknown().optional(),
  channels: z.array(z.string()).max(mostChannels).default([]),
  allow: allowClaim,
  expiresAt: time.optional(),
});

const allowed = z.object({
  // A refusal that is not of its form must not be taken for leave.
  error: z.undefined().optional(),
  info: z.unknown().optional(),
  expiresAt: time.optional(),
  grant: time.optional(),
});

export const subscribeAnswer = z.object({ results: z.array(z.union([refusal, allowed])) });

export const publishAnswer = z.union([
  z.object({ skip: z.literal(true) }),
  z.object({ skip: z.literal(false).optional(), data: z.unknown().optional() }),
]);

export const requestAnswer = z.object({ data: z.unknown().optional() });

/** An end that is over is none: the clocks differ, or a unit is wrong. @param now Unix milliseconds */
export function isAhead({ expiresAt }: { expiresAt?: number | undefined }, now: number): boolean {
  return expiresAt === undefined || expiresAt > now;
}

/** One result for each channel that was asked about. @param now Unix milliseconds */
export function isWhole({ results }: z.output<typeof subscribeAnswer>, count: number, now: number): boolean {
  return results.length === count && results.every((result) => result.error || isAhead(result, now));
}

/**
 * @returns what the backend says: its answer, or the Failure that it refuses with; undefined where the text is neither
 */
export function readAnswer<T>(schema: z.ZodType<T>, text: string): T | Failure | undefined {
  const value = parsed(text);
  if (shapeOf(value, deepest) === "deep") return undefined;
  const refused = refusal.safeParse(value);
  if (refused.success) return failureOf(refused.data.error);
  if (typeof value === "object" && value !== null && "error" in value) return undefined;
  return schema.safeParse(value).data;
}

/** A backend's refusal as the client is told it. */
export function failureOf({ code, message, after }: z.output<typeof refusal>["error"]): Failure {
  return new Failure(code, message?.slice(0, mostWords), after === undefined ? {} : { after });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
