import { describe, expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import { forge, hmacKey, issuerKeys, secret, start } from "./forge.ts";
import { failure, tokensWith } from "./settings.ts";

const { pem } = issuerKeys.RS256;
const publicJwk = issuerKeys.RS256.publicKey.export({ format: "jwk" });
const now = start;

/** The token is refused with nothing said outward, and a cause that quotes nothing of it. */
async function expectRefused(token: unknown, promise: Promise<unknown>): Promise<void> {
  const { message, cause } = await failure(promise, "unauthorized");
  expect(message).toBe(new Failure("unauthorized").message);
  expect(cause).toEqual(expect.any(String));
  for (const part of String(token).split(".")) {
    if (part.length > 8) expect(cause).not.toContain(part);
  }
  expect(cause).not.toContain("planted");
}

describe("a session's token", () => {
  it("tells who, since when, until when", async () => {
    const tokens = await tokensWith();
    expect(await tokens.verify(forge())).toEqual({
      user: "ann",
      issuedAt: start,
      expiresAt: (start + 3600) * 1000,
      channels: [],
      allow: [],
    });
  });

  it("tells info, channels and grants", async () => {
    const tokens = await tokensWith();
    const claims = await tokens.verify(
      forge({
        info: { name: "Ann" },
        channels: ["a", "b"],
        allow: [{ channels: ["chat:*"], can: ["publish"] }],
      }),
    );
    expect(claims).toMatchObject({ info: { name: "Ann" }, channels: ["a", "b"] });
    expect(claims.allow).toMatchObject([{ channels: ["chat:*"], can: ["publish"] }]);
    expect(claims.allow[0]?.covers("chat:1")).toBe(true);
    expect(claims.allow[0]?.covers("quote:1")).toBe(false);
  });

  it.each([null, 0, false, "text", [1]].map((info) => ({ info })))(
    "may have any JSON: %j",
    async ({ info }) => {
      const tokens = await tokensWith();
      expect(await tokens.verify(forge({ info }))).toHaveProperty("info", info);
    },
  );

  it("rounds fractions of a second down", async () => {
    const tokens = await tokensWith();
    const claims = await tokens.verify(forge({ iat: start - 0.5, exp: start + 1.2345 }));
    expect(claims).toMatchObject({ issuedAt: start - 1, expiresAt: start * 1000 + 1234 });
  });
});

it.each(["iat", "nbf"])(
  "a token whose %s is minutes ahead is good a little later, since clocks differ",
  async (claim) => {
    const tokens = await tokensWith();
    const failed = await failure(tokens.verify(forge({ [claim]: now + 70 })), "unavailable");
    expect(failed).toMatchObject({ retryable: true, after: 40_000 });
  },
);

it("an nbf that is minutes ahead is judged with the rest also where the issuer's key signs", async () => {
  const tokens = await tokensWith({ publicKey: pem });
  const ahead = (more: object) => forge({ nbf: now + 70, ...more }, issuerKeys.RS256);
  await failure(tokens.verify(ahead({})), "unavailable");
  await failure(tokens.verify(ahead({ sub: "" })), "unauthorized");
});

describe("what is refused", () => {
  const payloads: Record<string, object | string> = {
    "no sub": { sub: undefined },
    "no iat": { iat: undefined },
    "no exp": { exp: undefined },
    "a number as sub": { sub: 42 },
    "a list as sub": { sub: ["ann"] },
    "an empty sub": { sub: "" },
    "a sub with a space": { sub: "planted user" },
    "a sub that looks anonymous": { sub: "anon:c1" },
    "a sub that is too long": { sub: "u".repeat(241) },
    "a text as iat": { iat: `${start}` },
    "a text as exp": { exp: `${start + 60}` },
    "a text as nbf": { nbf: "planted" },
    "an endless exp": `{"sub":"ann","iat":${start},"exp":1e999}`,
    "an iat before all time": `{"sub":"ann","iat":-1e999,"exp":${start + 60}}`,
    "iat in the future": { iat: now + 331 },
    "nbf in the future": { nbf: now + 331 },
    "a lifetime above the longest": { exp: start + 86_401 },
    "a channel token": { channel: "chat:1" },
    "a channel that is null": { channel: null },
    "channels as a text": { channels: "planted" },
    "channels with a number": { channels: ["a", 1] },
    "channels that are null": { channels: null },
    "allow as an object": { allow: { channels: ["a"], can: ["publish"] } },
    "a grant without channels": { allow: [{ can: ["publish"] }] },
    "a grant without actions": { allow: [{ channels: ["a"] }] },
    "a grant of an unknown action": { allow: [{ channels: ["a"], can: ["planted"] }] },
    "a grant of an empty pattern": { allow: [{ channels: [""], can: ["publish"] }] },
    "a grant of a pattern that is no text": { allow: [{ channels: [1], can: ["publish"] }] },
    "a payload that is a list": "[]",
    "a payload that is no JSON": "planted",
  };

  it.each(Object.entries(payloads))("%s", async (_what, payload) => {
    const token = forge(payload);
    await expectRefused(token, (await tokensWith()).verify(token));
  });

  const headers: Record<string, object> = {
    "crit with an extension": { crit: ["planted"], planted: true },
    "crit with b64": { crit: ["b64"], b64: false },
    "an embedded key": { jwk: publicJwk },
    "a key's address": { jku: "http://127.0.0.1/planted" },
    "a certificate": { x5c: ["planted"] },
    "a certificate's address": { x5u: "http://127.0.0.1/planted" },
    "a key id that is no text": { kid: 7 },
    "an algorithm that is no text": { alg: ["HS256"] },
    "another algorithm": { alg: "HS512" },
    "no algorithm": { alg: undefined },
  };

  it.each(Object.entries(headers))("a header with %s", async (_what, header) => {
    const token = forge({}, hmacKey(secret), header);
    await expectRefused(token, (await tokensWith({ publicKey: pem })).verify(token));
  });

  it("a token that brings the key it is signed with", async () => {
    const token = forge({}, issuerKeys.RS256, { jwk: publicJwk });
    await expectRefused(token, (await tokensWith({ publicKey: issuerKeys.ES256.pem })).verify(token));
  });

  it.each(["none", "None", "NONE"])("alg %s", async (alg) => {
    const unsigned = { algorithm: alg, signature: () => Buffer.alloc(0) };
    const token = forge({}, unsigned);
    await expectRefused(token, (await tokensWith({ publicKey: pem })).verify(token));
  });

  it.each(["with a secret beside it", "alone"])("HS256 signed with the public key, %s", async (where) => {
    const secrets = where === "alone" ? [] : [secret];
    const tokens = await tokensWith({ secrets, publicKey: pem });
    for (const key of [pem, pem.trim(), JSON.stringify(publicJwk)]) {
      const token = forge({}, hmacKey(key));
      await expectRefused(token, tokens.verify(token));
    }
  });

  it("another secret's, and one whose claims were changed", async () => {
    const tokens = await tokensWith();
    const other = forge({}, hmacKey("another secret"));
    await expectRefused(other, tokens.verify(other));
    const [header, , signature] = forge().split(".");
    const [, payload] = forge({ sub: "bob" }).split(".");
    const changed = [header, payload, signature].join(".");
    await expectRefused(changed, tokens.verify(changed));
  });

  const noTokens = [undefined, null, 1, {}, [], "", "planted", "a.b", "a.b.c", "a.b.c.d", "..", "é.é.é"];

  it.each(noTokens.map((value) => ({ value })))("what is no token: %j", async ({ value }) => {
    await expectRefused(value, (await tokensWith()).verify(value));
  });

  it("more than 8 KB", async () => {
    const tokens = await tokensWith();
    const fits = forge({ info: "x".repeat(5900) });
    expect(fits.length).toBeLessThanOrEqual(8192);
    await expect(tokens.verify(fits)).resolves.toHaveProperty("user", "ann");
    const long = forge({ info: "x".repeat(6200) });
    expect(long.length).toBeGreaterThan(8192);
    await expectRefused(long, tokens.verify(long));
  });

  it("another issuer or audience, where they are set", async () => {
    const tokens = await tokensWith({ issuer: "https://issuer", audience: "tidegate" });
    const right = { iss: "https://issuer", aud: ["other", "tidegate"] };
    await expect(tokens.verify(forge(right))).resolves.toHaveProperty("user", "ann");
    for (const wrong of [{ iss: "planted" }, { aud: "planted" }, { iss: undefined }, { aud: undefined }]) {
      const token = forge({ ...right, ...wrong });
      await expectRefused(token, tokens.verify(token));
    }
    await expect((await tokensWith()).verify(forge(right))).resolves.toHaveProperty("user", "ann");
  });

  it("everything, where no key is configured", async () => {
    const token = forge();
    await expectRefused(token, (await tokensWith({ secrets: [] })).verify(token));
  });
});

describe("time", () => {
  it("has a leeway of 30 seconds", async () => {
    const tokens = await tokensWith();
    await expect(tokens.verify(forge({ iat: now + 30, nbf: now + 30 }))).resolves.toBeDefined();
    await expect(tokens.verify(forge({ iat: now - 60, exp: now - 29 }))).resolves.toMatchObject({
      expiresAt: (now - 29) * 1000,
    });
  });

  it("ends a token with token_expired, if its signature holds", async () => {
    const tokens = await tokensWith();
    const { cause } = await failure(tokens.verify(forge({ iat: now - 60, exp: now - 30 })), "token_expired");
    expect(cause).toBeUndefined();
    const forged = forge({ iat: now - 60, exp: now - 30 }, hmacKey("another secret"));
    await expectRefused(forged, tokens.verify(forged));
  });

  it("is read from the clock that is given", async () => {
    let seconds = start;
    const tokens = await tokensWith({ now: () => seconds * 1000 });
    const token = forge({ exp: start + 60 });
    await expect(tokens.verify(token)).resolves.toBeDefined();
    seconds = start + 90;
    await failure(tokens.verify(token), "token_expired");
  });
});

describe("a channel token", () => {
  it("tells whose it is and for which channel", async () => {
    const tokens = await tokensWith();
    expect(await tokens.verifyChannel(forge({ channel: "chat:1" }))).toEqual({
      user: "ann",
      channel: "chat:1",
      issuedAt: start,
      expiresAt: (start + 3600) * 1000,
    });
  });

  it.each([
    {},
    { channel: null },
    { channel: "" },
    { channel: ["chat:1"] },
    { channel: "chat:1", sub: "a b" },
  ])("is not %j", async (payload) => {
    const token = forge(payload);
    await expectRefused(token, (await tokensWith()).verifyChannel(token));
  });

  it("expires", async () => {
    const tokens = await tokensWith();
    const token = forge({ channel: "chat:1", iat: now - 60, exp: now - 30 });
    await failure(tokens.verifyChannel(token), "token_expired");
  });
});

describe("signing", () => {
  it("makes tokens that are verified here", async () => {
    const tokens = await tokensWith({ issuer: "issuer", audience: "tidegate" });
    const allow = [{ channels: ["chat:*"], can: ["publish" as const] }];
    const { token, expiresAt } = await tokens.sign({
      user: "ann",
      ttl: 61_999,
      info: 1,
      channels: ["a"],
      allow,
    });
    expect(expiresAt).toBe((start + 61) * 1000);
    const claims = await tokens.verify(token);
    expect(claims).toMatchObject({
      user: "ann",
      issuedAt: start,
      expiresAt,
      info: 1,
      channels: ["a"],
      allow,
    });
    await expectRefused(token, tokens.verifyChannel(token));
  });

  it("makes channel tokens", async () => {
    const tokens = await tokensWith();
    const { token, expiresAt } = await tokens.signChannel({ user: "ann", channel: "chat:1", ttl: 60_000 });
    expect(await tokens.verifyChannel(token)).toEqual({
      user: "ann",
      channel: "chat:1",
      issuedAt: start,
      expiresAt,
    });
    await expectRefused(token, tokens.verify(token));
  });

  it("uses the first secret; all verify", async () => {
    const both = await tokensWith({ secrets: ["new secret", secret] });
    const { token } = await both.sign({ user: "ann", ttl: 60_000 });
    await expect((await tokensWith({ secrets: ["new secret"] })).verify(token)).resolves.toBeDefined();
    await expectRefused(token, (await tokensWith()).verify(token));
    await expect(both.verify(forge())).resolves.toHaveProperty("user", "ann");
  });

  it("needs a secret", async () => {
    const tokens = await tokensWith({ secrets: [], publicKey: pem });
    const { message } = await failure(tokens.sign({ user: "ann", ttl: 60_000 }), "not_found");
    expect(message).toContain("TIDEGATE_TOKEN_SECRET");
    await failure(tokens.signChannel({ user: "ann", channel: "a", ttl: 60_000 }), "not_found");
  });

  it.each([0, 999, -1, Number.NaN, 86_400_001, Number.POSITIVE_INFINITY])(
    "refuses a ttl of %d",
    async (ttl) => {
      await failure((await tokensWith()).sign({ user: "ann", ttl }), "bad_request");
    },
  );

  it("signs up to the longest lifetime", async () => {
    const tokens = await tokensWith({ maxLifetime: 90_500 });
    const { token } = await tokens.sign({ user: "ann", ttl: 90_500 });
    await expect(tokens.verify(token)).resolves.toHaveProperty("expiresAt", (start + 90) * 1000);
  });

  it("refuses what would not be verified", async () => {
    const tokens = await tokensWith();
    await failure(tokens.sign({ user: "anon:c1", ttl: 60_000 }), "bad_request");
    await failure(tokens.sign({ user: "ann", ttl: 60_000, info: "x".repeat(8000) }), "too_large");
  });
});

it("is accepted for the lifetime that whatever remembers a revocation is given, and not a moment longer", async () => {
  let time = start * 1_000;
  const tokens = await tokensWith({ now: () => time, maxLifetime: 3_600_000 });
  const longest = forge({ iat: start, exp: start + 3_600 });
  time += tokens.lifetime - 1;
  expect(await tokens.verify(longest)).toMatchObject({ user: "ann" });
  time += 1;
  await failure(tokens.verify(longest), "token_expired");
});
