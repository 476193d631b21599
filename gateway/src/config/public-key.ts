/*
 * Reads a public key that tokens are signed with elsewhere. The settings and the key set use this one reader: with
 * two, a key could pass the start and fail at the first login.
 */

import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/** A key that tokens may be signed with, elsewhere. */
export interface PublicKey {
  key: KeyObject;
  /** What a token's header has to name, where the key has a name. */
  kid: string | undefined;
  /** The only algorithm that is ever tried with it. */
  algorithm: "RS256" | "ES256" | "EdDSA";
}

/** Completes the sentence "expected …". */
export const publicKeyType = "a public key as PEM, an X.509 certificate or a JWK";

const minRsaBits = 2048;

/**
 * The one reader of such a key: the settings check it with this at the start, and tokens are verified with what it
 * returns. In PEM `\n` may stand for a line's end, since files of environment variables hold one line.
 *
 * @throws Error that says why the text is no such key, and quotes nothing of it; a private key is refused too, since it
 * must not be where only a public one is needed
 */
export function readPublicKey(text: string): PublicKey {
  const source = text.trim();
  if (source.includes("PRIVATE KEY-----")) throw new Error("it is a private key");
  const { key, kid } = source.startsWith("{") ? readJwk(source) : { key: readPem(source), kid: undefined };
  return { key, kid, algorithm: algorithmOf(key) };
}

function readJwk(text: string): { key: KeyObject; kid: string | undefined } {
  const jwk = readable(() => JSON.parse(text));
  if ("d" in jwk) throw new Error("it is a private key");
  const key = readable(() => createPublicKey({ key: jwk, format: "jwk" }));
  return { key, kid: typeof jwk.kid === "string" ? jwk.kid : undefined };
}

function readPem(text: string): KeyObject {
  const pem = text.replaceAll("\\n", "\n");
  return readable(() =>
    pem.includes("BEGIN CERTIFICATE") ? new X509Certificate(pem).publicKey : createPublicKey(pem),
  );
}

/** What the parsers say may quote the text. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error("it cannot be read");
  }
}

function algorithmOf(key: KeyObject): PublicKey["algorithm"] {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength < minRsaBits) throw new Error(`an RSA key needs ${minRsaBits} bits`);
      return "RS256";
    case "ec":
      if (namedCurve !== "prime256v1") throw new Error("of elliptic curves only P-256 and Ed25519 are used");
      return "ES256";
    case "ed25519":
      return "EdDSA";
    default:
      throw new Error("it is not of RSA, P-256 or Ed25519");
  }
}
