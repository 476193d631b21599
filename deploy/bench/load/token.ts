import { createHmac } from "node:crypto";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = encode({ alg: "HS256", typ: "JWT" });

/** A token of the user for an hour. */
export function signToken(secret: string, user: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  const body = `${header}.${encode({ sub: user, iat, exp: iat + 3_600 })}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
