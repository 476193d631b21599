/* Secrets are fileable and are in no fault; whatever is added here and lets somebody in has to be too. */

import { boolean, duration, kind, list, text, webUrl } from "../kinds.ts";
import { lines } from "../pem.ts";
import { publicKeyType, readPublicKey } from "../public-key.ts";
import { listed, optional, setting } from "../setting.ts";

const any = () => true;

const publicKey = kind(publicKeyType, (value) => {
  readPublicKey(value);
  return value.startsWith("{") ? value : lines(value);
});

/** Who clients and backends are, and how that is known. */
export const credentials = {
  tokenSecret: listed(list("secrets", any), {
    env: "TIDEGATE_TOKEN_SECRET",
    secret: true,
    about:
      "Secrets of HS256 tokens. The first signs, all verify, so that one can be replaced. In production each has at least 32 bytes.",
  }),
  tokenPublicKey: optional(publicKey, {
    env: "TIDEGATE_TOKEN_PUBLIC_KEY",
    fileable: true,
    about: "Public key of tokens that are signed elsewhere: RSA of 2048 bits or more, P-256 or Ed25519.",
  }),
  tokenJwksUrl: optional(webUrl, {
    env: "TIDEGATE_TOKEN_JWKS_URL",
    about: "Key set of tokens that are signed elsewhere. In production https, unless it is on this machine.",
  }),
  tokenIssuer: optional(text, {
    env: "TIDEGATE_TOKEN_ISSUER",
    about: "The `iss` that tokens must have; where it is not set, any will do.",
  }),
  tokenAudience: optional(text, {
    env: "TIDEGATE_TOKEN_AUDIENCE",
    about: "The `aud` that tokens must have; where it is not set, any will do.",
  }),
  tokenMaxLifetime: setting(duration("1s", "3650d"), "30d", {
    env: "TIDEGATE_TOKEN_MAX_LIFETIME",
    about: "Tokens whose `exp` is later than their `iat` plus this are refused.",
  }),
  apiKeys: listed(list("keys", any), {
    env: "TIDEGATE_API_KEYS",
    secret: true,
    about: "Keys of the server API; all are accepted, so that one can be replaced.",
  }),
  anonymous: setting(boolean, "false", {
    env: "TIDEGATE_ANONYMOUS",
    about: "Whether a client without credentials may connect, as an anonymous user.",
  }),
};
