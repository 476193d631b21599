/*
 * Turns a backend's word on who connects into a session. The authenticator calls it where a handshake has neither a
 * token nor a login code; with a secret to sign with, the session is that of a token, and whoever comes back with it
 * asks nobody.
 */

import { Failure } from "../errors.ts";
import type { Identity } from "./authenticator.ts";
import { createGrant, type GrantClaim } from "./permissions.ts";
import type { Tokens } from "./token.ts";

/** A handshake with neither a token nor a login code, as a backend is asked about it. */
export interface ConnectQuestion {
  connection: string;
  /** As the client sent it, without `resume`. */
  auth: unknown;
  address: string;
  /** The handshake's User-Agent, or an empty string. */
  agent: string;
  origin: string | undefined;
}

/** Who it is. */
export interface ConnectAnswer {
  user: string;
  info?: unknown;
  channels: readonly string[];
  allow: readonly GrantClaim[];
  /** Unix milliseconds. */
  expiresAt: number | undefined;
}

export interface HookLoginOptions {
  /** @throws Failure as the backend refuses, or `unavailable` */
  ask(question: ConnectQuestion): Promise<ConnectAnswer>;
  tokens: Pick<Tokens, "sign" | "signs">;
  /** @throws Failure as `Verifier.verify` */
  verify(token: string): Promise<Identity>;
  /** The longest that a token may live, in milliseconds. */
  maxLifetime: number;
  /** Unix milliseconds. */
  now(): number;
}

const second = 1_000;
/** Milliseconds that a session lives whose backend does not say. */
const usualLifetime = 3_600_000;

/** Lets in whom a backend knows. */
export class HookLogin {
  readonly #options: HookLoginOptions;

  constructor(options: HookLoginOptions) {
    this.#options = options;
  }

  /** @throws Failure as the backend refuses, or `unavailable` where it says nothing that a session can be made of */
  async identify(question: ConnectQuestion): Promise<Identity> {
    const { tokens, now } = this.#options;
    const answer = await this.#options.ask(question);
    const ttl = this.#lifetimeOf(answer);
    if (tokens.signs) return this.#withToken(answer, ttl);
    const { user, info, channels, allow } = answer;
    const issuedAt = Math.floor(now() / second);
    const subject = { user, anonymous: false, allow: allow.map(createGrant) };
    return { subject, info, channels, issuedAt, expiresAt: now() + ttl };
  }

  #lifetimeOf({ expiresAt }: ConnectAnswer): number {
    const { maxLifetime, now } = this.#options;
    const asked = expiresAt === undefined ? usualLifetime : expiresAt - now();
    return Math.max(second, Math.min(asked, maxLifetime));
  }

  async #withToken({ user, info, channels, allow }: ConnectAnswer, ttl: number): Promise<Identity> {
    const { tokens, verify } = this.#options;
    const issued = await tokens.sign({ user, ttl, info, channels, allow }).catch((error: unknown) => {
      // The client did nothing wrong: what the backend says does not fit into a token.
      throw new Failure("unavailable", undefined, { cause: error });
    });
    return { ...(await verify(issued.token)), issued: issued.token };
  }
}
