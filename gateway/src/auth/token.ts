import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
  SignJWT,
} from "jose";
import { z } from "zod";
import { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import { KeySet, type KeySource, publicKey, secretKeys } from "./keys.ts";
import { actions, createGrant, type Grant, type GrantClaim, isUserId } from "./permissions.ts";

export interface TokenOptions {
  /** For HS256: the first signs, all verify. */
  secrets: readonly string[];
  /** PEM (SPKI or X.509 certificate), or a JWK in JSON. */
  publicKey?: string | undefined;
  jwksUrl?: string | undefined;
  /** Asked of every token where set, and written into those that are signed here. */
  issuer?: string | undefined;
  audience?: string | undefined;
  /** The longest lifetime that a token may have, in milliseconds. */
  maxLifetime: number;
  log: Log;
  now?: () => number;
  fetch?: FetchImplementation;
}

interface BaseClaims {
  user: string;
  /** Unix seconds, whole. */
  issuedAt: number;
  /** Unix milliseconds. The leeway is not in it. */
  expiresAt: number;
}

/** What a session's token says. */
export interface Claims extends BaseClaims {
  /** Any JSON; absent where the token has none. */
  info?: unknown;
  /** To be subscribed at connect. Not checked to be channel names. */
  channels: string[];
  allow: Grant[];
}

/** What a channel token says. */
export interface ChannelClaims extends BaseClaims {
  channel: string;
}

/** A session's token to be. `ttl` is in milliseconds and is cut to whole seconds. */
export interface SessionRequest {
  user: string;
  ttl: number;
  info?: unknown;
  channels?: readonly string[] | undefined;
  allow?: readonly GrantClaim[] | undefined;
}

export interface ChannelRequest {
  user: string;
  channel: string;
  ttl: number;
}

export interface SignedToken {
  token: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

/** Seconds by which the issuer's clock may differ from this one's. */
export const tokenLeeway = 30;
const second = 1000;
const maxTokenBytes = 8192;

/** A header that brings its own key, or asks for extensions that nothing here implements. */
const refusedHeaders = ["jwk", "jku", "x5c", "x5u", "crit", "b64"];

const base = { sub: z.string().refine(isUserId), iat: z.number(), exp: z.number() };

const sessionClaims = z.object({
  ...base,
  channel: z.undefined().optional(),
  info: z.unknown().optional(),
  channels: z.array(z.string()).default([]),
  allow: z
    .array(z.object({ channels: z.array(z.string().min(1)), can: z.array(z.enum(actions)) }))
    .default([]),
});

const channelClaims = z.object({ ...base, channel: z.string().min(1) });

/** @throws Failure `bad_request` for a key or an address that cannot be used */
export async function createTokens(options: TokenOptions): Promise<Tokens> {
  const { now = Date.now, log, fetch = globalThis.fetch } = options;
  const secrets = await secretKeys(options.secrets);
  const sources: KeySource[] = [secrets];
  if (options.publicKey !== undefined) sources.push(publicKey(options.publicKey));
  if (options.jwksUrl !== undefined) sources.push(new KeySet({ url: options.jwksUrl, now, log, fetch }));
  return new Tokens({ ...options, now }, sources, secrets.keys[0]);
}

/**
 * Verifies and signs tokens. Verifying throws Failure `token_expired`, `unavailable` (no key set could be
 * fetched yet) or `unauthorized`, whose cause is a sentence for the log that quotes nothing of the token.
 */
export class Tokens {
  readonly #options: TokenOptions & { now: () => number };
  readonly #sources: readonly KeySource[];
  readonly #signingKey: CryptoKey | undefined;

  constructor(
    options: TokenOptions & { now: () => number },
    sources: readonly KeySource[],
    signingKey: CryptoKey | undefined,
  ) {
    this.#options = options;
    this.#sources = sources;
    this.#signingKey = signingKey;
  }

  async verify(token: unknown): Promise<Claims> {
    const claims = this.#read(sessionClaims, await this.#authenticate(token));
    const { info, channels, allow } = claims;
    const read = { ...identityOf(claims), channels, allow: allow.map(createGrant) };
    return info === undefined ? read : { ...read, info };
  }

  async verifyChannel(token: unknown): Promise<ChannelClaims> {
    const claims = this.#read(channelClaims, await this.#authenticate(token));
    return { ...identityOf(claims), channel: claims.channel };
  }

  /** @throws Failure `not_found` without a secret, `bad_request`, `too_large` */
  sign({ user, ttl, info, channels, allow }: SessionRequest): Promise<SignedToken> {
    return this.#sign(user, ttl, { info, channels, allow });
  }

  /** @throws Failure as `sign` */
  signChannel({ user, channel, ttl }: ChannelRequest): Promise<SignedToken> {
    return this.#sign(user, ttl, { channel });
  }

  async #authenticate(token: unknown): Promise<JWTPayload> {
    if (typeof token !== "string") throw refused("the token is not a string");
    if (token.length > maxTokenBytes) throw refused("the token is too long");
    const header = readHeader(token);
    for (const source of this.#sources) {
      if (!source.algorithms.includes(header.alg ?? "")) continue;
      for (const key of await source.candidates(header)) {
        const payload = await this.#tryKey(token, key, source.algorithms);
        if (payload) return payload;
      }
    }
    throw refused("no key that is configured made the signature");
  }

  /** @returns undefined where another key made the signature */
  async #tryKey(
    token: string,
    key: CryptoKey,
    algorithms: readonly string[],
  ): Promise<JWTPayload | undefined> {
    const { issuer, audience, now } = this.#options;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...algorithms],
        clockTolerance: tokenLeeway,
        currentDate: new Date(now()),
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      if (error instanceof errors.JWTExpired) throw new Failure("token_expired");
      // jose's errors carry the claims; only their sentence goes on.
      throw refused(error instanceof Error ? error.message : "the token cannot be verified");
    }
  }

  #read<T extends { iat: number; exp: number }>(schema: z.ZodType<T>, payload: JWTPayload): T {
    const { success, data, error } = schema.safeParse(payload);
    if (!success) throw refused(`malformed claims: ${claimsAtFault(error)}`);
    if (data.iat > this.#options.now() / second + tokenLeeway) throw refused("the token is from the future");
    if ((data.exp - data.iat) * second > this.#options.maxLifetime) throw refused("the token lives too long");
    return data;
  }

  async #sign(user: string, ttl: number, claims: Record<string, unknown>): Promise<SignedToken> {
    if (!this.#signingKey) {
      throw new Failure("not_found", "Tokens are issued only where TIDEGATE_TOKEN_SECRET is set.");
    }
    const { now, maxLifetime, issuer, audience } = this.#options;
    if (!isUserId(user)) throw new Failure("bad_request", "The user is not a valid user id.");
    if (!(ttl >= second && ttl <= maxLifetime)) {
      throw new Failure("bad_request", `The ttl must be from ${second} to ${maxLifetime} milliseconds.`);
    }
    const iat = Math.floor(now() / second);
    const exp = iat + Math.floor(ttl / second);
    const origin = {
      ...(issuer !== undefined && { iss: issuer }),
      ...(audience !== undefined && { aud: audience }),
    };
    const payload = { ...claims, ...origin, sub: user, iat, exp };
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(this.#signingKey);
    if (token.length > maxTokenBytes) {
      throw new Failure("too_large", `The token would be longer than ${maxTokenBytes} bytes.`);
    }
    return { token, expiresAt: exp * second };
  }
}

function identityOf({ sub, iat, exp }: { sub: string; iat: number; exp: number }): BaseClaims {
  return { user: sub, issuedAt: Math.floor(iat), expiresAt: Math.floor(exp * second) };
}

function readHeader(token: string): ProtectedHeaderParameters {
  const header = decodeHeader(token);
  const fault = refusedHeaders.find((name) => name in header);
  if (fault !== undefined) throw refused(`the header has ${fault}`);
  if (header.kid !== undefined && typeof header.kid !== "string") throw refused("the key id is not a string");
  return header;
}

function decodeHeader(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw refused("the token is not a JWT");
  }
}

function claimsAtFault(error: z.ZodError): string {
  return [...new Set(error.issues.map((issue) => String(issue.path[0])))].join(", ");
}

function refused(reason: string): Failure {
  return new Failure("unauthorized", undefined, { cause: reason });
}
