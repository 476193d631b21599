import { createPublicKey } from "node:crypto";

/**
 * The text of a public key, as PEM (SPKI) or JWK. In PEM, `\n` may stand for a line's end, since files of
 * environment variables hold one line.
 *
 * @returns undefined for anything else; a private key too, which must not be where only a public one is needed
 */
export function readPublicKey(text: string): string | undefined {
  const key = text.startsWith("{") ? text : text.replaceAll("\\n", "\n");
  return isPublic(key) ? key : undefined;
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
