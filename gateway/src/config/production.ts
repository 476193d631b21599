/*
 * What must be set once NODE_ENV is `production`. Defaults that are pleasant in development, such as made-up keys,
 * would be holes there.
 */

import { isProtected } from "./addresses.ts";
import type { Config, settings } from "./schema.ts";

type Key = keyof typeof settings;

const minSecretBytes = 32;

/**
 * What may be left out or taken lightly in development only.
 *
 * @param isGiven whether something was written for the setting, be it valid or not
 */
export function* productionFaults(
  config: Partial<Config>,
  isGiven: (key: Key) => boolean,
): Generator<string> {
  if (!["tokenSecret", "tokenPublicKey", "tokenJwksUrl"].some((key) => isGiven(key as Key))) {
    yield "no token key: set TIDEGATE_TOKEN_SECRET, TIDEGATE_TOKEN_PUBLIC_KEY or TIDEGATE_TOKEN_JWKS_URL";
  }
  if (!isGiven("apiKeys")) yield "no API key: set TIDEGATE_API_KEYS";
  if (!isGiven("redisUrl")) {
    yield 'TIDEGATE_REDIS_URL is not set: set it to the URL of Redis, or to "memory" for one node without Redis';
  }
  for (const [index, secret] of (config.tokenSecret ?? []).entries()) {
    const bytes = Buffer.byteLength(secret);
    if (bytes >= minSecretBytes) continue;
    yield `TIDEGATE_TOKEN_SECRET: secret ${index + 1} has ${bytes} bytes; in production at least ${minSecretBytes} are needed`;
  }
  if (config.tokenJwksUrl !== undefined && !isProtected(config.tokenJwksUrl)) {
    yield "TIDEGATE_TOKEN_JWKS_URL: in production an https URL is needed, unless it is on this machine";
  }
}
