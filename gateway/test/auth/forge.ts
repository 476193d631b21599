import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** Unix seconds at which the tests' clocks start. */
export const start = 1_700_000_000;

export const secret = "a-secret-of-thirty-two-bytes-or-more";

export interface IssuerKey {
  algorithm: string;
  publicKey: KeyObject;
  pem: string;
  signature(text: string): Buffer;
}

const generate = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

export function issuerKey(algorithm: keyof typeof generate): IssuerKey {
  const { publicKey, privateKey } = generate[algorithm]();
  const digest = algorithm === "EdDSA" ? null : "sha256";
  return {
    algorithm,
    publicKey,
    pem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    signature: (text) => sign(digest, Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }),
  };
}

export const issuerKeys = {
  RS256: issuerKey("RS256"),
  ES256: issuerKey("ES256"),
  EdDSA: issuerKey("EdDSA"),
};

export function hmacKey(key: string): Pick<IssuerKey, "algorithm" | "signature"> {
  return { algorithm: "HS256", signature: (text) => createHmac("sha256", key).update(text).digest() };
}

/** A token made by hand, so that it can have every fault; a text in place of the payload is signed as it is. */
export function forge(
  payload: object | string = {},
  key: Pick<IssuerKey, "algorithm" | "signature"> = hmacKey(secret),
  header: object = {},
): string {
  const claims = { sub: "ann", iat: start, exp: start + 3600 };
  const body = typeof payload === "string" ? payload : JSON.stringify({ ...claims, ...payload });
  const signed = [JSON.stringify({ alg: key.algorithm, ...header }), body].map(encode).join(".");
  return `${signed}.${key.signature(signed).toString("base64url")}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
