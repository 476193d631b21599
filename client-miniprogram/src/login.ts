/*
 * Has the credentials of the next handshake: the page's token, a token that its function fetches, or a code of
 * `wx.login`. Dialer asks before each dial, TokenRenewal before the token ends. Without the shared request, every part
 * that needs a token would fetch one.
 */

import type { Clock } from "./clock.ts";
import { errorOf, failure, isTokenFault, type TideError } from "./errors.ts";
import type { Welcome } from "./protocol.ts";
import { fetchToken, type TokenSource } from "./token-source.ts";
import type { Host } from "./transports/host.ts";
import { WeChatCodes } from "./wechat-codes.ts";

/** What the handshake says of who connects. */
export interface Credentials {
  token?: string;
  code?: string;
  platform?: "wechat";
  /** The app id of the mini-program that the code is from, where the host has it. */
  app?: string;
}

/** What a backend that is asked who connects is told, or what fetches it. */
export type AuthSource = AuthData | (() => AuthData | Promise<AuthData>);
type AuthData = { [name: string]: unknown };

export interface LoginOptions {
  host: Host | undefined;
  clock: Clock;
  login?: "wechat" | undefined;
  token?: TokenSource | undefined;
  auth?: AuthSource | undefined;
}

/** A token with less than this left is not worth a handshake. */
const margin = 30_000;
/** A token counts as good for this long until the gateway says when it ends: the app may sleep before it is used. */
const unproven = 90_000;
/** Milliseconds in which a request may still be answered, whatever has happened to the network. */
const fresh = 2_000;
/** `wx.login` and the page's own request may delay the connection by this much. */
const patience = 15_000;

/** Has the credentials of the next handshake. Everything that needs a new token shares one request for it. */
export class Login {
  readonly #options: LoginOptions;
  readonly #codes: WeChatCodes;
  #token: string | undefined;
  /** Unix milliseconds on this device's clock. */
  #expiresAt = Number.POSITIVE_INFINITY;
  /** Milliseconds by which the gateway's clock is ahead of this one. */
  #ahead = 0;
  #pending: Promise<Credentials> | undefined;
  #pendingSince = 0;
  #disowned = false;
  /** A token was refused, and the one after it has not been let in yet. */
  #secondTry = false;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#codes = new WeChatCodes(options.host, options.clock);
  }

  /** Whether there is a place to get another token from. */
  get renewable(): boolean {
    const { login, token, auth } = this.#options;
    return login !== undefined || auth !== undefined || typeof token === "function";
  }

  /** Whether a new token can be handed in on the open connection; a login code is taken by a handshake only. */
  get refreshable(): boolean {
    return typeof this.#options.token === "function";
  }

  /** @throws TideError of the login, as a rejection */
  credentials(): Promise<Credentials> {
    const { clock, token } = this.#options;
    if (this.#token !== undefined && this.#expiresAt - margin > clock.now()) {
      return Promise.resolve({ token: this.#token });
    }
    if (typeof token === "string") return Promise.resolve({ token });
    return this.renew();
  }

  /** A token or code that was not used before. */
  renew(): Promise<Credentials> {
    if (this.#pending) return this.#pending;
    this.#disowned = false;
    // After `abandon` another request may be under way: it stays.
    const settle = () => {
      if (this.#pending === pending) this.#pending = undefined;
    };
    const pending = this.#request().then((credentials) => {
      const wanted = this.#pending === pending && !this.#disowned;
      if (credentials.token !== undefined && wanted) this.#keep(credentials.token);
      return credentials;
    });
    this.#pending = pending;
    this.#pendingSince = this.#options.clock.now();
    pending.then(settle, settle);
    return pending;
  }

  /** Stops waiting for a request that has been under way for long: whoever needs a token next makes another. */
  abandon(): void {
    if (this.#options.clock.now() - this.#pendingSince >= fresh) this.#pending = undefined;
  }

  /** The credentials are on their way to the gateway, which takes a code once. */
  sent(): void {
    this.#codes.spend();
  }

  /**
   * The gateway let the client in, perhaps with a token of its own making. A phone's clock may be wrong by minutes, so the
   * token's end is moved onto this one.
   */
  accepted({ token, time, expiresAt }: Welcome): void {
    this.#secondTry = false;
    if (token !== undefined) this.#keep(token);
    this.#ahead = time - this.#options.clock.now();
    if (expiresAt !== undefined) this.refreshed(expiresAt);
  }

  /** @param expiresAt Unix milliseconds on the gateway's clock */
  refreshed(expiresAt: number): void {
    this.#expiresAt = expiresAt - this.#ahead;
  }

  /** The token at hand is refused or spent. */
  discard(): void {
    this.#token = undefined;
    this.#disowned = true;
  }

  /** A refused token is worth one more login, not a loop of them. @returns whether there is to be one */
  mayRenew(refusal: TideError): boolean {
    if (!isTokenFault(refusal) || !this.renewable || this.#secondTry) return false;
    this.discard();
    this.#secondTry = true;
    return true;
  }

  /** As if nothing had been refused. */
  startOver(): void {
    this.discard();
    this.#secondTry = false;
  }

  #keep(token: string): void {
    this.#token = token;
    this.#expiresAt = this.#options.clock.now() + unproven;
  }

  #request(): Promise<Credentials> {
    const { login, token, auth } = this.#options;
    if (login === "wechat") return this.#within(this.#codes.next());
    if (typeof auth === "function") {
      const fetchAuth = auth as () => Credentials | Promise<Credentials>;
      return this.#within(Promise.resolve().then(fetchAuth));
    }
    if (typeof token !== "function") return Promise.resolve(Object.assign({}, auth));
    return this.#within(fetchToken(token).then((fresh) => ({ token: fresh })));
  }

  /** A `wx.login` or a page's request that never settles would keep the app offline for ever. */
  #within(work: Promise<Credentials>): Promise<Credentials> {
    const { clock } = this.#options;
    return new Promise((resolve, reject: (error: TideError) => void) => {
      const timer = clock.setTimeout(
        () => reject(failure("unavailable", "The login took too long.", true)),
        patience,
      );
      const settled = () => clock.clearTimeout(timer);
      work.then(settled, settled);
      work.then(resolve, (error) => reject(errorOf(error)));
    });
  }
}
