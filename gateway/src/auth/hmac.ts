/*
 * Verifies HS256 signatures without leaving the call. `token.ts` uses it for every token that the gateway or a backend
 * signed with a shared secret.
 */

import { hash, timingSafeEqual } from "node:crypto";
import type { JWTPayload } from "jose";

/** Bytes of SHA-256's block. */
const block = 64;

/** A secret as HMAC uses it (RFC 2104): what goes before the text, and before the hash of both. */
interface Key {
  inner: Uint8Array;
  outer: Uint8Array;
}

/**
 * HS256 (RFC 7515, appendix A.1) in the call itself. Through WebCrypto each verification waits for another
 * thread, which was two thirds of what accepting a connection cost; an Hmac object of Node's costs twice what its two
 * hashes do.
 */
export class HmacVerifier {
  readonly #keys: readonly Key[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map(keyOf);
  }

  /** @returns the payload, or undefined where no secret made the signature or it is no JSON object */
  payloadOf(token: string): JWTPayload | undefined {
    const [header, payload, signature, ...more] = token.split(".");
    if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
      return undefined;
    const signed = Buffer.from(`${header}.${payload}`);
    // Compared as they are spelled: a decoder would take other spellings for the same signature.
    const given = Buffer.from(signature);
    const holds = this.#keys.some((key) => {
      const made = Buffer.from(signatureOf(key, signed));
      return made.length === given.length && timingSafeEqual(made, given);
    });
    return holds ? parseObject(Buffer.from(payload, "base64url").toString()) : undefined;
  }
}

function keyOf(secret: string): Key {
  const bytes = Buffer.from(secret);
  const key = Buffer.alloc(block);
  key.set(bytes.length > block ? hash("sha256", bytes, "buffer") : bytes);
  return { inner: key.map((byte) => byte ^ 0x36), outer: key.map((byte) => byte ^ 0x5c) };
}

function signatureOf({ inner, outer }: Key, text: Buffer): string {
  const first = hash("sha256", Buffer.concat([inner, text]), "buffer");
  return hash("sha256", Buffer.concat([outer, first]), "base64url");
}

function parseObject(text: string): JWTPayload | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JWTPayload)
      : undefined;
  } catch {
    return undefined;
  }
}
