import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HmacVerifier } from "../../src/auth/hmac.ts";

const secret = fc.string({ minLength: 1, maxLength: 200, unit: "binary" });
const payload = fc.dictionary(fc.string(), fc.jsonValue());

function sign(key: string, claims: object): string {
  const text = [{ alg: "HS256" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...text, createHmac("sha256", key).update(text.join(".")).digest("base64url")].join(".");
}

it("takes what Node's own HMAC signs, with secrets of any length", () => {
  fc.assert(
    fc.property(secret, secret, payload, (first, second, claims) => {
      const verifier = new HmacVerifier([first, second]);
      for (const key of [first, second]) {
        expect(JSON.stringify(verifier.payloadOf(sign(key, claims)))).toBe(JSON.stringify(claims));
      }
    }),
  );
});

it("takes nothing of which a character was changed", () => {
  const token = sign("secret", { sub: "ann" });
  const verifier = new HmacVerifier(["another", "secret"]);
  expect(verifier.payloadOf(token)).toEqual({ sub: "ann" });
  for (let at = 0; at < token.length; at += 1) {
    const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    expect(verifier.payloadOf(changed), `a change at ${at}`).toBeUndefined();
  }
  for (const other of [`${token}=`, `${token}.`, ` ${token}`, token.slice(0, -1)]) {
    expect(verifier.payloadOf(other), other).toBeUndefined();
  }
});
