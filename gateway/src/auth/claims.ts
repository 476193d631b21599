/*
 * What a token has to say besides its signature: times, issuer, audience and the claims of its kind. `token.ts` calls
 * it for every token. jose checks some of this too, but only for the algorithms that go through it.
 */

import type { JWTPayload } from "jose";
import { z } from "zod";
import { Failure } from "../errors.ts";
import { actions, isUserId } from "./permissions.ts";

const base = {
  sub: z.string().refine(isUserId),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
};

/** What a user may do on channels whose rules ask for a token. */
export const allowClaim = z
  .array(z.object({ channels: z.array(z.string().min(1)), can: z.array(z.enum(actions)) }))
  .default([]);

export const sessionClaims = z.object({
  ...base,
  channel: z.undefined().optional(),
  info: z.unknown().optional(),
  channels: z.array(z.string()).default([]),
  allow: allowClaim,
});

export const channelClaims = z.object({
  ...base,
  channel: z.string().min(1),
  /** What presence shows, and that a backend has granted it: until when it lets the subscription last, in Unix ms. */
  info: z.unknown().optional(),
  grant: z.object({ expiresAt: z.number().optional() }).optional(),
});

/**
 * Milliseconds by which the issuer's clock may differ from this one's: a token is taken for so long after its `exp`.
 * Whatever remembers something of a token, a revocation above all, has to remember it for as long.
 */
export const tokenLeeway = 30_000;
const second = 1_000;

export interface ClaimsExpectation {
  issuer?: string | undefined;
  audience?: string | undefined;
  /** The longest lifetime that a token may have, in milliseconds. */
  maxLifetime: number;
  /** Unix milliseconds. */
  now: number;
}

/**
 * What the payload of a token whose signature holds must say: its times, its issuer and audience where they are
 * asked for (RFC 7519, section 4.1), and the claims of the schema.
 *
 * @throws Failure `token_expired`, or `unauthorized` whose cause quotes nothing of the token
 */
export function readClaims<T extends { iat: number; exp: number; nbf?: number | undefined }>(
  schema: z.ZodType<T>,
  payload: JWTPayload,
  { issuer, audience, maxLifetime, now }: ClaimsExpectation,
): T {
  const { success, data, error } = schema.safeParse(payload);
  if (!success) throw refused(`malformed claims: ${claimsAtFault(error)}`);
  if (issuer !== undefined && payload.iss !== issuer) throw refused("the token is from another issuer");
  if (audience !== undefined && ![payload.aud].flat().includes(audience)) {
    throw refused("the token is for another audience");
  }
  if (data.exp * second <= now - tokenLeeway) throw new Failure("token_expired");
  checkBegin(Math.max(data.iat, data.nbf ?? 0) * second - tokenLeeway - now);
  if ((data.exp - data.iat) * second > maxLifetime) throw refused("the token lives too long");
  return data;
}

/** Milliseconds by which clocks may be apart, so that a token from the future is good before long. */
const clockError = 300_000;

/**
 * @param wait milliseconds until the token is good
 * @throws Failure `unavailable` where its user has only to come a little later, since two clocks differ
 */
function checkBegin(wait: number): void {
  if (wait <= 0) return;
  if (wait > clockError) throw refused("the token is from the future");
  throw new Failure("unavailable", undefined, { after: wait, cause: "the token is not good yet" });
}

function claimsAtFault(error: z.ZodError): string {
  return [...new Set(error.issues.map((issue) => String(issue.path[0])))].join(", ");
}

export function refused(reason: string): Failure {
  return new Failure("unauthorized", undefined, { cause: reason });
}
