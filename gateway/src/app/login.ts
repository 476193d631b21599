/*
 * Wires what decides who somebody is. Both ports use it: clients log in, and the server API issues tokens.
 */

import { AddressLimit } from "../auth/address-limit.ts";
import { Authenticator } from "../auth/authenticator.ts";
import { CodeExchange } from "../auth/code-exchange.ts";
import type { HookLogin } from "../auth/hook-login.ts";
import { Semaphore } from "../auth/semaphore.ts";
import { createTokens, type Tokens } from "../auth/token.ts";
import type { Verifier } from "../auth/verifier.ts";
import { WeChatLogin } from "../auth/wechat.ts";
import type { Context } from "./context.ts";

/** What signs tokens, and tells whether one is good. */
export function openTokens({ config, log, now }: Context): Promise<Tokens> {
  return createTokens({
    secrets: config.tokenSecret,
    publicKey: config.tokenPublicKey,
    jwksUrl: config.tokenJwksUrl,
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    maxLifetime: config.tokenMaxLifetime,
    log,
    now,
  });
}

interface AuthenticatorsOptions {
  tokens: Tokens;
  verifier: Verifier;
  hook: HookLogin | undefined;
}

/**
 * What finds out who connects. Who comes to a plain door of a node in development without credentials is anonymous: the
 * code of most articles has none.
 */
export function createAuthenticators(context: Context, options: AuthenticatorsOptions) {
  const { anonymous, production } = context.config;
  const wechat = openWeChat(context, options.tokens);
  const login = { verifier: options.verifier, wechat, hook: options.hook };
  return {
    authenticator: new Authenticator({ ...login, anonymous }),
    plainAuthenticator: new Authenticator({ ...login, anonymous: anonymous || !production }),
  };
}

/** Login codes of mini-programs, where such are set up. */
function openWeChat({ config, now }: Context, tokens: Tokens): WeChatLogin | undefined {
  const { wechatApps: apps, wechatUrl: url, wechatUnionid: unionid } = config;
  if (apps.length === 0) return undefined;
  const exchange = new CodeExchange({ url, semaphore: new Semaphore({ atOnce: 64, queue: 1_000 }) });
  const limit = new AddressLimit(config.wechatLoginRate, now);
  const lifetime = Math.min(config.wechatTokenLifetime, config.tokenMaxLifetime);
  return new WeChatLogin({ apps, exchange, limit, unionid, lifetime, tokens });
}
