/*
 * Certificates and private keys as PEM, for TLS to Redis and on the public port. Public keys of tokens have a reader of
 * their own.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { kind } from "./kinds.ts";

export const certificates = kind("certificates as PEM (BEGIN CERTIFICATE)", readCertificates);
export const privateKey = kind("a private key as PEM without a passphrase", readPrivateKey);

/** What TLS is served with: the certificate with its intermediates, and its key. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** Whether the key is that of the first certificate. */
export function areOnePair({ cert, key }: TlsPair): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}

/** @returns the certificates as PEM, or undefined where the text is something else or one of them is broken */
function readCertificates(text: string): string | undefined {
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
function readPrivateKey(text: string): string | undefined {
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
