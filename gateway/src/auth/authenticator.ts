/*
 * Answers the first question of every connection: who is it? A token, a login code, whom a backend knows, or nobody at all.
 * `transport/handshake.ts` calls it at the connect, the `refresh` handler for a newer token.
 */

import type { HandshakeRequest } from "../protocol/request-schemas.ts";
import { refused } from "./claims.ts";
import type { ConnectQuestion, HookLogin } from "./hook-login.ts";
import type { Subject } from "./permissions.ts";
import type { Claims } from "./token.ts";
import type { Verifier } from "./verifier.ts";
import type { WeChatLogin } from "./wechat.ts";

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
  /** The token that the gateway made for a login, for the welcome to hand over. */
  issued?: string;
}

export interface AuthenticatorOptions {
  verifier: Pick<Verifier, "verify">;
  anonymous: boolean;
  /** Absent where no app is set up. */
  wechat?: Pick<WeChatLogin, "token"> | undefined;
  /** Absent where no backend is asked. */
  hook?: Pick<HookLogin, "identify"> | undefined;
}

/** Finds out who connects. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * Where a backend is asked, its word counts: nobody becomes anonymous because it refuses, or does not answer.
   *
   * @param about gives what is known of the client besides, where that matters
   * @throws Failure `unauthorized` or `token_expired`, always with the same words (the cause is for the log); for a
   * login code as `WeChatLogin`, where a backend is asked as `HookLogin`
   */
  async identify(
    request: HandshakeRequest,
    connection: string,
    about: () => ConnectQuestion,
  ): Promise<Identity> {
    const { token, code } = request;
    const { hook, anonymous } = this.#options;
    if (token !== undefined) return this.verify(token);
    if (code !== undefined) return this.#logIn({ ...request, code }, about().address);
    if (hook) return hook.identify(about());
    if (anonymous) return anonymousIdentity(connection);
    throw refused("no token");
  }

  /** @throws Failure as `identify` for a token */
  async verify(token: string): Promise<Identity> {
    return identityOf(await this.#options.verifier.verify(token));
  }

  async #logIn(
    { code, platform, app }: HandshakeRequest & { code: string },
    address: string,
  ): Promise<Identity> {
    const { wechat } = this.#options;
    if (!wechat || platform !== "wechat") throw refused("login by code is not set up");
    const issued = await wechat.token({ code, app }, address);
    return { ...(await this.verify(issued)), issued };
  }
}

/** The session of a token. */
export function identityOf({ user, allow, info, channels, issuedAt, expiresAt }: Claims): Identity {
  return { subject: { user, anonymous: false, allow }, info, channels, issuedAt, expiresAt };
}

function anonymousIdentity(connection: string): Identity {
  const subject = { user: `anon:${connection}`, anonymous: true, allow: [] };
  return { subject, info: undefined, channels: [] };
}
