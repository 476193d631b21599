/* Certificates and private keys as PEM, for TLS to Redis. Public keys of tokens have a reader of their own. */

import { createPrivateKey, X509Certificate } from "node:crypto";

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

/** Files of environment variables hold one line, so `\n` may stand for a line's end. */
export function lines(text: string): string {
  return text.replaceAll("\\n", "\n");
}
