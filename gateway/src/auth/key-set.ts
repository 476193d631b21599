/*
 * The public keys that tokens may be signed with: one that is configured, or those at a JWKS address. `token.ts` asks
 * for candidates by the header of a token. A header can choose among keys of its algorithm only, never the algorithm
 * of a key.
 */

import type { KeyObject } from "node:crypto";
import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWSHeaderParameters,
  type RemoteJWKSet,
} from "jose";
import { webUrl } from "../config/kinds.ts";
import { type PublicKey, publicKeyType, readPublicKey } from "../config/public-key.ts";
import { Failure } from "../errors.ts";
import type { Log } from "../log.ts";

/** Keys of one kind. A token is tried only on sources that list the algorithm of its header. */
export interface KeySource {
  /** All that a key of this source may be used with; nothing else is ever tried on it. */
  algorithms: readonly string[];
  /** The keys that may have signed a token with this header. @throws Failure `unavailable` */
  candidates(header: JWSHeaderParameters): Promise<readonly CryptoKey[]>;
}

export interface KeySetOptions {
  url: string;
  now: () => number;
  log: Log;
  fetch: FetchImplementation;
}

/** How WebCrypto is told what a key is for, by the algorithm of the tokens. */
const parameters: Record<PublicKey["algorithm"], Parameters<KeyObject["toCryptoKey"]>[0]> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
};

/** The names by which tokens call an algorithm: RFC 9864 gives EdDSA on Ed25519 one of its own. */
const names: Record<PublicKey["algorithm"], readonly string[]> = {
  RS256: ["RS256"],
  ES256: ["ES256"],
  EdDSA: ["EdDSA", "Ed25519"],
};

/**
 * @param text a public key as `readPublicKey` takes it
 * @throws Failure `bad_request` for anything else, with nothing of the text
 */
export function publicKey(text: string): KeySource {
  const { key, kid, algorithm } = readKey(text);
  const cryptoKey = key.toCryptoKey(parameters[algorithm], true, ["verify"]);
  const candidates = async (header: JWSHeaderParameters) => {
    const isAnother = kid !== undefined && header.kid !== undefined && header.kid !== kid;
    return isAnother ? [] : [cryptoKey];
  };
  return { algorithms: names[algorithm], candidates };
}

function readKey(text: string): PublicKey {
  try {
    return readPublicKey(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure("bad_request", `TIDEGATE_TOKEN_PUBLIC_KEY: expected ${publicKeyType}: ${reason}`);
  }
}

const second = 1000;
const fetchTimeout = 3 * second;
/** Between fetches once keys are held, so that made-up key ids do not turn into requests to the issuer. */
const refetchAfter = 30 * second;
/** Between fetches while no keys are held, when no token can be verified at all. */
const retryAfter = 1 * second;
/** A key that the issuer withdrew is used for this long at most, while the issuer can be reached. */
const refreshAfter = 600 * second;

/** The public keys at a JWKS URL, fetched when first needed. Keys once fetched outlive an outage of the issuer. */
export class KeySet implements KeySource {
  readonly algorithms = Object.values(names).flat();
  readonly #now: () => number;
  readonly #log: Log;
  readonly #origin: string;
  readonly #remote: RemoteJWKSet;
  #attemptedAt = -Infinity;
  #loadedAt = -Infinity;

  /** @throws Failure `bad_request` where the URL is none, or carries credentials (they would reach the log) */
  constructor({ url, now, log, fetch }: KeySetOptions) {
    if (!webUrl.schema.safeParse(url).success) {
      throw new Failure("bad_request", `TIDEGATE_TOKEN_JWKS_URL: expected ${webUrl.type}`);
    }
    const address = new URL(url);
    this.#now = now;
    this.#log = log;
    this.#origin = address.origin;
    // jose counts its cooldown from the last success, and would ask a failing issuer for every token.
    // So it never fetches of itself; `#load` does.
    this.#remote = createRemoteJWKSet(address, {
      cooldownDuration: Infinity,
      cacheMaxAge: Infinity,
      timeoutDuration: fetchTimeout,
      [customFetch]: fetch,
    });
  }

  async candidates(header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
    let isFresh = this.#now() - this.#loadedAt >= refreshAfter && (await this.#load());
    if (!this.#remote.fresh) throw new Failure("unavailable", undefined, { after: retryAfter });
    const keys = await this.#select(header);
    if (keys.length > 0) return keys;
    isFresh ||= await this.#load();
    const found = await this.#select(header);
    // It may be one that the issuer has just added: a refusal for good would keep its user out who is let in a little later.
    if (found.length === 0 && header.kid !== undefined && !isFresh) {
      const after = Math.max(retryAfter, this.#attemptedAt + refetchAfter - this.#now());
      throw new Failure("unavailable", undefined, { after, cause: "the key may not be looked for yet" });
    }
    return found;
  }

  /**
   * Fetches, joins a fetch that is under way, or does nothing when the last one is too recent.
   *
   * @returns whether there are the issuer's keys of just now
   */
  async #load(): Promise<boolean> {
    const starts = !this.#remote.reloading;
    if (starts) {
      const pause = this.#remote.fresh ? refetchAfter : retryAfter;
      if (this.#now() - this.#attemptedAt < pause) return false;
      this.#attemptedAt = this.#now();
    }
    try {
      await this.#remote.reload();
      this.#loadedAt = this.#now();
      return true;
    } catch (error) {
      if (starts) this.#log.write("key_set_not_fetched", { origin: this.#origin, cause: error });
      return false;
    }
  }

  /** Several, where the token names no key and the set has more than one of its kind. */
  async #select(header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
    try {
      return [await this.#remote(header)];
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return [];
      const keys: CryptoKey[] = [];
      for await (const key of error) keys.push(key);
      return keys;
    }
  }
}
