import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

/**
 * The text of a public key, as PEM (SPKI) or JWK. In PEM, `\n` may stand for a line's end, since files of
 * environment variables hold one line.
 *
 * @returns undefined for anything else; a private key too, which must not be where only a public one is needed
 */
export function readPublicKey(text: string): string | undefined {
  const key = text.startsWith("{") ? text : lines(text);
  return isPublic(key) ? key : undefined;
}

/** @returns the certificates as PEM, or undefined where the text is something else or one of them is broken */
export function readCertificates(text: string): string | undefined {
  const pem = lines(text);
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const one of found) new X509Certificate(one);
  } catch {
    return undefined;
  }
  return found.length > 0 ? pem : undefined;
}

/** @returns the private key as PEM, or undefined where the text is something else or needs a passphrase */
export function readPrivateKey(text: string): string | undefined {
  const pem = lines(text);
  try {
    createPrivateKey(pem);
    return pem;
  } catch {
    return undefined;
  }
}

function lines(text: string): string {
  return text.replaceAll("\\n", "\n");
}

function isPublic(text: string): boolean {
  try {
    if (text.startsWith("{")) return isPublicJwk(JSON.parse(text));
    return text.startsWith("-----BEGIN PUBLIC KEY-----") && createPublicKey(text).type === "public";
  } catch {
    return false;
  }
}

function isPublicJwk(key: object): boolean {
  return !("d" in key) && createPublicKey({ key: { ...key }, format: "jwk" }).type === "public";
}
