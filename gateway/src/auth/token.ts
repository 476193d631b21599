/*
 * Verifies every token and signs the gateway's own. `verifier.ts` puts revocations on top; the server API and the
 * login sign. All reasons for a refusal are for the log: what goes out is one code and one sentence, or an attacker
 * would learn from it.
 */

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
import { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import {
  type ClaimsExpectation,
  channelClaims,
  readClaims,
  refused,
  sessionClaims,
  tokenLeeway,
} from "./claims.ts";
import { HmacVerifier } from "./hmac.ts";
import { KeySet, type KeySource, publicKey } from "./key-set.ts";
import { createGrant, type Grant, type GrantClaim, isUserId } from "./permissions.ts";

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
  /** Shown in the channel's presence where a backend has granted it. */
  info?: unknown;
  /** There where a backend has granted it, with the end of the subscription in Unix milliseconds, where it has one. */
  grant?: { expiresAt?: number | undefined } | undefined;
}

/** A channel token to be. `ttl` is in milliseconds and is cut to whole seconds. */
export interface ChannelRequest extends Pick<ChannelClaims, "user" | "channel" | "info" | "grant"> {
  ttl: number;
}

/** A session's token to be. `ttl` is in milliseconds and is cut to whole seconds. */
export interface SessionRequest {
  user: string;
  ttl: number;
  info?: unknown;
  channels?: readonly string[] | undefined;
  allow?: readonly GrantClaim[] | undefined;
}

export interface SignedToken {
  token: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

const second = 1000;
const maxTokenBytes = 8192;

/** A header that brings its own key, or asks for extensions that nothing here implements. */
const refusedHeaders = ["jwk", "jku", "x5c", "x5u", "crit", "b64"];

/** @throws Failure `bad_request` for a key or an address that cannot be used */
export async function createTokens(options: TokenOptions): Promise<Tokens> {
  const { now = Date.now, log, fetch = globalThis.fetch } = options;
  const sources: KeySource[] = [];
  if (options.publicKey !== undefined) sources.push(publicKey(options.publicKey));
  if (options.jwksUrl !== undefined) sources.push(new KeySet({ url: options.jwksUrl, now, log, fetch }));
  return new Tokens({ ...options, now }, sources);
}

/**
 * Verifies and signs tokens. Verifying throws Failure `token_expired`, `unavailable` (no key set could be
 * fetched yet) or `unauthorized`, whose cause is a sentence for the log that quotes nothing of the token.
 */
export class Tokens {
  readonly #options: TokenOptions & { now: () => number };
  readonly #sources: readonly KeySource[];
  readonly #hmac: HmacVerifier;
  readonly #headers = new HeaderReader();

  constructor(options: TokenOptions & { now: () => number }, sources: readonly KeySource[]) {
    this.#options = options;
    this.#sources = sources;
    this.#hmac = new HmacVerifier(options.secrets);
  }

  /** Milliseconds from a token's `iat` in which it may be accepted; by then its revocation is of no use any more. */
  get lifetime(): number {
    return this.#options.maxLifetime + tokenLeeway;
  }

  /** The longest that a token may live, in milliseconds. */
  get longest(): number {
    return this.#options.maxLifetime;
  }

  /** Whether there is a secret to sign with. */
  get signs(): boolean {
    return this.#options.secrets.length > 0;
  }

  async verify(token: unknown): Promise<Claims> {
    const claims = readClaims(sessionClaims, await this.#authenticate(token), this.#expectation);
    const { info, channels, allow } = claims;
    const read = { ...identityOf(claims), channels, allow: allow.map(createGrant) };
    return info === undefined ? read : { ...read, info };
  }

  async verifyChannel(token: unknown): Promise<ChannelClaims> {
    const claims = readClaims(channelClaims, await this.#authenticate(token), this.#expectation);
    const { channel, info, grant } = claims;
    return { ...identityOf(claims), channel, info, grant };
  }

  /** @throws Failure `not_found` without a secret, `bad_request`, `too_large` */
  sign({ user, ttl, info, channels, allow }: SessionRequest): Promise<SignedToken> {
    return this.#sign(user, ttl, { info, channels, allow });
  }

  /** @throws Failure as `sign` */
  signChannel({ user, ttl, ...claims }: ChannelRequest): Promise<SignedToken> {
    return this.#sign(user, ttl, claims);
  }

  async #authenticate(token: unknown): Promise<JWTPayload> {
    if (typeof token !== "string") throw refused("the token is not a string");
    if (token.length > maxTokenBytes) throw refused("the token is too long");
    const header = this.#headers.read(token);
    if (header.alg === "HS256") {
      const payload = this.#hmac.payloadOf(token);
      if (payload) return payload;
    }
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
        clockTolerance: tokenLeeway / second,
        currentDate: new Date(now()),
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      // A token that is not good yet is judged with its other claims.
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === "nbf") return error.payload;
      if (error instanceof errors.JWTExpired) throw new Failure("token_expired");
      // jose's errors carry the claims; only their sentence goes on.
      throw refused(error instanceof Error ? error.message : "the token cannot be verified");
    }
  }

  get #expectation(): ClaimsExpectation {
    const { issuer, audience, maxLifetime, now } = this.#options;
    return { issuer, audience, maxLifetime, now: now() };
  }

  async #sign(user: string, ttl: number, claims: Record<string, unknown>): Promise<SignedToken> {
    const [signingSecret] = this.#options.secrets;
    if (signingSecret === undefined) {
      throw new Failure("not_found", "Tokens are issued only where TIDEGATE_TOKEN_SECRET is set.");
    }
    const { now, maxLifetime, issuer, audience } = this.#options;
    if (!isUserId(user)) throw new Failure("bad_request", "The user is not a valid user id.");
    if (!(ttl >= second && ttl <= maxLifetime)) {
      throw new Failure("bad_request", `A token lives from 1 to ${maxLifetime / second} seconds.`);
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
      .sign(new TextEncoder().encode(signingSecret));
    if (token.length > maxTokenBytes) {
      throw new Failure("too_large", `The token would be longer than ${maxTokenBytes} bytes.`);
    }
    return { token, expiresAt: exp * second };
  }
}

function identityOf({ sub, iat, exp }: { sub: string; iat: number; exp: number }): BaseClaims {
  return { user: sub, issuedAt: Math.floor(iat), expiresAt: Math.floor(exp * second) };
}

/** Keeps the header that it read last: one signer writes the same text into all its tokens. */
class HeaderReader {
  #text: string | undefined;
  #header: ProtectedHeaderParameters = {};

  /** @throws Failure for a header that no accepted token has */
  read(token: string): ProtectedHeaderParameters {
    const text = token.slice(0, token.indexOf("."));
    if (text === this.#text) return this.#header;
    this.#header = checkedHeader(decodeHeader(token));
    this.#text = text;
    return this.#header;
  }
}

function checkedHeader(header: ProtectedHeaderParameters): ProtectedHeaderParameters {
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
