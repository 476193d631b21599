/*
 * Turns the code of `wx.login` into a token of the gateway's own. The authenticator calls it; from there on a login is
 * a session like any other.
 */

import type { WeChatApp } from "../config/settings/wechat.ts";
import { Failure } from "../errors.ts";
import type { HandshakeRequest } from "../protocol/request-schemas.ts";
import type { AddressLimit } from "./address-limit.ts";
import { refused } from "./claims.ts";
import type { CodeExchange } from "./code-exchange.ts";
import type { Tokens } from "./token.ts";

export interface WeChatLoginOptions {
  /** The first is that of clients that name none. */
  apps: readonly WeChatApp[];
  exchange: Pick<CodeExchange, "userOf">;
  limit: AddressLimit;
  /** Whether the user is the `unionid`, where there is one. */
  unionid: boolean;
  /** Milliseconds that a token lives. */
  lifetime: number;
  tokens: Pick<Tokens, "sign">;
}

/** Logs the users of mini-programs in. */
export class WeChatLogin {
  readonly #options: WeChatLoginOptions;

  constructor(options: WeChatLoginOptions) {
    this.#options = options;
  }

  /**
   * @param login the code, and the app id of the mini-program whose `wx.login` gave it
   * @param address of the client
   * @returns a token of the gateway's own for the user whose code it is
   * @throws Failure `unauthorized`, `forbidden`, `rate_limited`, `unavailable`, or `internal` where the settings are
   * not what WeChat knows; the cause quotes neither the code nor a secret
   */
  async token(login: Pick<HandshakeRequest, "app"> & { code: string }, address: string): Promise<string> {
    const { apps, exchange, limit, unionid: shared, lifetime: ttl, tokens } = this.#options;
    const { code, app: id } = login;
    const app = id === undefined ? apps[0] : apps.find((known) => known.id === id);
    if (!app) throw refused("login by code is not set up for this app");
    if (!limit.take(address)) throw new Failure("rate_limited", "Too many logins from this address.");
    const { openid, unionid } = await exchange.userOf(app, code);
    const { token } = await tokens.sign({ user: (shared && unionid) || openid, ttl });
    return token;
  }
}
