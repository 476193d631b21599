/*
 * Tokens that are good and not revoked. Connects, refreshes and channel tokens all come through here, so a revocation
 * holds for all of them.
 */

import type { Revocations } from "../backplane/ports.ts";
import { refused } from "./claims.ts";
import type { ChannelClaims, Claims, Tokens } from "./token.ts";

/** Verifies the tokens that clients bring, of both kinds, and refuses those that were revoked. */
export class Verifier {
  readonly #tokens: Pick<Tokens, "verify" | "verifyChannel">;
  readonly #revocations: Pick<Revocations, "revokedBefore">;

  constructor(
    tokens: Pick<Tokens, "verify" | "verifyChannel">,
    revocations: Pick<Revocations, "revokedBefore">,
  ) {
    this.#tokens = tokens;
    this.#revocations = revocations;
  }

  /** @throws Failure as `Tokens.verify`, `unauthorized` for a revoked token, `unavailable` where that cannot be asked */
  async verify(token: string): Promise<Claims> {
    return this.#unrevoked(await this.#tokens.verify(token));
  }

  /** @throws Failure as `verify` */
  async verifyChannel(token: string): Promise<ChannelClaims> {
    return this.#unrevoked(await this.#tokens.verifyChannel(token));
  }

  /** @param issuedAt Unix seconds. @throws Failure `unavailable` where that cannot be asked */
  async isRevoked(user: string, issuedAt: number): Promise<boolean> {
    return issuedAt <= ((await this.#revocations.revokedBefore(user)) ?? Number.NEGATIVE_INFINITY);
  }

  async #unrevoked<Read extends Claims | ChannelClaims>(claims: Read): Promise<Read> {
    if (await this.isRevoked(claims.user, claims.issuedAt)) throw refused("the token is revoked");
    return claims;
  }
}
