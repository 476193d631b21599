import { Failure } from "../errors.ts";
import type { HandshakeRequest } from "../protocol/requests.ts";
import type { Subject } from "./permissions.ts";
import type { Claims, Tokens } from "./token.ts";

/** Who a connection is. */
export interface Identity {
  subject: Subject;
  /** Shown in presence. */
  info: unknown;
  /** Channels that the token asks for at connect. */
  channels: readonly string[];
  /** Unix seconds of the token; absent for an anonymous user. */
  issuedAt?: number;
  /** Unix milliseconds; absent for an anonymous user. */
  expiresAt?: number;
}

export interface HandshakeOptions {
  tokens: Pick<Tokens, "verify">;
  /** Newest `before` (Unix seconds) of the user's revocations. */
  revokedBefore(user: string): Promise<number | undefined>;
  anonymous: boolean;
}

/** Finds out who connects. */
export class Handshake {
  readonly #options: HandshakeOptions;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** @throws Failure `unauthorized` or `token_expired`, always with the same words; the cause is for the log */
  async identify(request: HandshakeRequest, connection: string): Promise<Identity> {
    if (request.token !== undefined) return this.verify(request.token);
    if (request.code === undefined && this.#options.anonymous) return anonymousIdentity(connection);
    const missing = request.code === undefined ? "no token" : "login by code is not set up";
    throw new Failure("unauthorized", undefined, { cause: new Error(missing) });
  }

  /** @throws Failure as `identify` */
  async verify(token: string): Promise<Identity> {
    const claims = await this.#options.tokens.verify(token);
    const before = await this.#options.revokedBefore(claims.user);
    if (before !== undefined && claims.issuedAt <= before) {
      throw new Failure("unauthorized", undefined, { cause: new Error("the token is revoked") });
    }
    return identityOf(claims);
  }
}

function identityOf({ user, allow, info, channels, issuedAt, expiresAt }: Claims): Identity {
  return { subject: { user, anonymous: false, allow }, info, channels, issuedAt, expiresAt };
}

function anonymousIdentity(connection: string): Identity {
  const subject = { user: `anon:${connection}`, anonymous: true, allow: [] };
  return { subject, info: undefined, channels: [] };
}
