/*
 * Gets a new token before the old one ends, and hands it in: on the open connection, or with a new one where only a
 * login code is to be had. SessionKeeper calls it when the gateway sends `expiring`. Without it every session would
 * end with its token.
 */

import type { Credentials, Login } from "./login.ts";
import type { RefreshReply } from "./protocol.ts";
import type { Session } from "./session.ts";

export interface TokenRenewalPort {
  login: Login;
  /** The session that the gateway has welcomed. */
  online(): Session | undefined;
  /** Whether the app is in the background. */
  hidden(): boolean;
  /** Makes a new connection in place of the session's. */
  replace(credentials: Credentials): void;
}

const answerPatience = 10_000;

/** Sees to a new token before the old one ends. */
export class TokenRenewal {
  readonly #port: TokenRenewalPort;
  /** The token ends soon, and the app was in the background when the gateway said so. */
  #later = false;

  constructor(port: TokenRenewalPort) {
    this.#port = port;
  }

  /** The gateway says that the token ends soon. */
  renew(): void {
    const { login, online, hidden } = this.#port;
    const session = online();
    if (!session || !login.renewable) return;
    // A login code needs a new connection, and in the background there can be none.
    this.#later = hidden() && !login.refreshable;
    if (this.#later) return;
    const renewed = login.renew().then((credentials) => {
      // The session has ended meanwhile; a token that was fetched is kept for the next handshake.
      if (online() !== session) return undefined;
      if (!login.refreshable) return this.#replace(credentials);
      return session
        .request<RefreshReply>("refresh", credentials, answerPatience)
        .then(({ expiresAt }) => login.refreshed(expiresAt));
    });
    // Without a new token the gateway ends the session in time, and the next one starts with a login.
    renewed.catch(() => login.discard());
  }

  /** The app is back. */
  resume(): void {
    if (this.#later) this.renew();
  }

  /** The session is over. */
  forget(): void {
    this.#later = false;
  }

  /** A login code is taken by a handshake only. */
  #replace(credentials: Credentials): void {
    if (this.#port.hidden()) this.#later = true;
    else this.#port.replace(credentials);
  }
}
