import { generateKeyPairSync } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createTokens } from "../../src/auth/token.ts";
import { ConfigError, loadConfig } from "../../src/config/load.ts";
import { Failure } from "../../src/errors.ts";
import { createLog, silentLog } from "../../src/log.ts";
import { forge, hmacKey, type IssuerKey, issuerKey, issuerKeys, secret, start } from "./forge.ts";
import { failure, tokensWith } from "./settings.ts";

const kinds = Object.entries(issuerKeys);

const certificate = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUO52X5+rV74dvDwwoKjg7BucbDoAwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGaXNzdWVyMCAXDTI2MTEyMjE5MzM0OFoYDzIxMjYxMDI5MTkz
MzQ4WjARMQ8wDQYDVQQDDAZpc3N1ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARSAKkUOBj15glUlME32f4HY6wFru0U8dy4cYfmRmjOw/4iyGX3371QjFdMGWV0
gdOptMPwW+hJ60kL/KXNERhvo1MwUTAdBgNVHQ4EFgQUWLboh2Uy0eLeMNWtC0zp
5wZhfmMwHwYDVR0jBBgwFoAUWLboh2Uy0eLeMNWtC0zp5wZhfmMwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAwYoW9Sz+fSBR6ba/mUKgS+ojQoD5
UlWUBfI0s8VTd3gCIHU9O51KGGymLEkZxJrC1WCS+9J/kJI6BayPBXuY3zuR
-----END CERTIFICATE-----`;

/** Signed once with the certificate's key, which was not kept: `{sub: "ann", iat: start, exp: start + 3600}`. */
const certified =
  "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0." +
  "rmzTD5ou3lKjNzQ1cCcg1OeJhW9y9pCPuArzKSh_b1P5KHpRaOGpV-oLUi9H-L3SDjlyM_JDB9auE7CdtHzudw";

const jwk = (key: IssuerKey, fields: object = {}) => ({
  ...key.publicKey.export({ format: "jwk" }),
  ...fields,
});

describe("a public key", () => {
  it.each(kinds)("of %s verifies its own tokens, as PEM, in one line and as JWK", async (_kind, key) => {
    const oneLine = key.pem.replaceAll("\n", "\\n");
    for (const publicKey of [key.pem, `  ${oneLine}`, JSON.stringify(jwk(key))]) {
      const tokens = await tokensWith({ secrets: [], publicKey });
      await expect(tokens.verify(forge({}, key))).resolves.toHaveProperty("user", "ann");
    }
  });

  it.each(kinds)("of %s verifies no other kind's, and no other key's of its kind", async (kind, key) => {
    const tokens = await tokensWith({ secrets: [], publicKey: key.pem });
    for (const [otherKind, other] of kinds) {
      if (otherKind === kind) continue;
      await failure(tokens.verify(forge({}, other)), "unauthorized");
      await failure(tokens.verify(forge({}, other, { alg: key.algorithm })), "unauthorized");
    }
    const stranger = issuerKey(kind as keyof typeof issuerKeys);
    await failure(tokens.verify(forge({}, stranger)), "unauthorized");
  });

  it("of RSA is not used with another padding", async () => {
    const tokens = await tokensWith({ secrets: [], publicKey: issuerKeys.RS256.pem });
    for (const alg of ["PS256", "RS512"]) {
      await failure(tokens.verify(forge({}, issuerKeys.RS256, { alg })), "unauthorized");
    }
  });

  it("may come in a certificate", async () => {
    const tokens = await tokensWith({ secrets: [], publicKey: certificate });
    await expect(tokens.verify(certified)).resolves.toHaveProperty("user", "ann");
  });

  it("with a key id is for tokens with that id, or with none", async () => {
    const key = issuerKeys.EdDSA;
    const tokens = await tokensWith({ secrets: [], publicKey: JSON.stringify(jwk(key, { kid: "one" })) });
    await expect(tokens.verify(forge({}, key))).resolves.toBeDefined();
    await expect(tokens.verify(forge({}, key, { kid: "one" }))).resolves.toBeDefined();
    await failure(tokens.verify(forge({}, key, { kid: "two" })), "unauthorized");
  });

  it("of Ed25519 is for tokens that call the algorithm so, as for those that call it EdDSA", async () => {
    const key = issuerKeys.EdDSA;
    const tokens = await tokensWith({ secrets: [], publicKey: key.pem });
    await expect(tokens.verify(forge({}, key))).resolves.toBeDefined();
    await expect(tokens.verify(forge({}, { ...key, algorithm: "Ed25519" }))).resolves.toBeDefined();
    await failure(tokens.verify(forge({}, { ...key, algorithm: "ES256" })), "unauthorized");
  });

  it("stands beside secrets", async () => {
    const tokens = await tokensWith({ publicKey: issuerKeys.ES256.pem });
    await expect(tokens.verify(forge())).resolves.toBeDefined();
    await expect(tokens.verify(forge({}, issuerKeys.ES256))).resolves.toBeDefined();
  });

  const privateKey = generateKeyPairSync("ed25519").privateKey;
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const otherCurve = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  const unusable: [string, string][] = [
    ["nothing", ""],
    ["a text", "planted"],
    ["broken PEM", "-----BEGIN PUBLIC KEY-----\nplanted\n-----END PUBLIC KEY-----"],
    ["a broken certificate", "-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----"],
    ["broken JSON", '{"planted"'],
    ["a symmetric JWK", JSON.stringify({ kty: "oct", k: "cGxhbnRlZA" })],
    ["a private key", privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["a private JWK", JSON.stringify(privateKey.export({ format: "jwk" }))],
    ["a small RSA key", small.export({ type: "spki", format: "pem" }).toString()],
    ["another curve", otherCurve.export({ type: "spki", format: "pem" }).toString()],
    [
      "a key of no signatures",
      generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "pem" }).toString(),
    ],
  ];

  it.each(unusable)("is not %s", async (_what, publicKey) => {
    const { message, cause } = await failure(tokensWith({ publicKey }), "bad_request");
    expect(message).toContain("TIDEGATE_TOKEN_PUBLIC_KEY");
    expect(message).not.toContain("planted");
    expect(cause).toBeUndefined();
  });

  it.each(unusable.filter(([, text]) => text !== ""))(
    "is not %s, and the settings say so",
    async (_what, publicKey) => {
      const { message } = await failure(tokensWith({ publicKey }), "bad_request");
      const load = () =>
        loadConfig({ TIDEGATE_TOKEN_PUBLIC_KEY: publicKey, TIDEGATE_PORT: "planted" }, () => "");
      expect(load).toThrow(ConfigError);
      expect(load).toThrow(message);
      expect(load).toThrow("TIDEGATE_PORT");
    },
  );

  it("that is a certificate passes the settings too", () => {
    const { config } = loadConfig({ TIDEGATE_TOKEN_PUBLIC_KEY: certificate }, () => "");
    expect(config.tokenPublicKey).toBe(certificate);
  });
});

/** An issuer on a loopback port that counts what is asked of it. */
class Issuer {
  keys: object[] = [];
  fetches = 0;
  answer: RequestListener = (_request, response) => response.end(JSON.stringify({ keys: this.keys }));
  readonly #server: Server = createServer((request, response) => {
    this.fetches += 1;
    this.answer(request, response);
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}/keys?planted`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe("a key set", () => {
  const issuers: Issuer[] = [];
  const { RS256, ES256, EdDSA } = issuerKeys;
  const fresh = issuerKey("ES256");

  afterEach(() => Promise.all(issuers.splice(0).map((issuer) => issuer.close())));

  async function world(keys: object[], secrets: string[] = []) {
    const issuer = new Issuer();
    issuers.push(issuer);
    issuer.keys = keys;
    const jwksUrl = await issuer.open();
    const clock = { seconds: start };
    const warnings: string[] = [];
    const log = createLog("warn", "n", { write: (line) => void warnings.push(line) });
    const tokens = await tokensWith({ secrets, jwksUrl, log, now: () => clock.seconds * 1000 });
    return { issuer, clock, tokens, warnings };
  }

  it("verifies tokens of all kinds, and is fetched once", async () => {
    const { issuer, tokens } = await world([
      jwk(RS256, { kid: "r" }),
      jwk(ES256, { kid: "e" }),
      jwk(EdDSA, { kid: "d" }),
    ]);
    const signed = [
      forge({}, RS256, { kid: "r" }),
      forge({}, ES256, { kid: "e" }),
      forge({}, EdDSA, { kid: "d" }),
    ];
    const claims = await Promise.all([...signed, ...signed].map((token) => tokens.verify(token)));
    expect(claims.map(({ user }) => user)).toEqual(Array(6).fill("ann"));
    expect(issuer.fetches).toBe(1);
  });

  it("tries all keys of its kind on a token that names none", async () => {
    const { tokens } = await world([jwk(fresh), jwk(ES256), jwk(RS256)]);
    await expect(tokens.verify(forge({}, ES256))).resolves.toBeDefined();
    await failure(tokens.verify(forge({}, issuerKey("ES256"))), "unauthorized");
  });

  it("does not verify under another key's id", async () => {
    const { tokens } = await world([jwk(fresh, { kid: "fresh" }), jwk(ES256, { kid: "e" })]);
    await failure(tokens.verify(forge({}, ES256, { kid: "fresh" })), "unauthorized");
  });

  it("is fetched at most once in 30 seconds for an unknown key id", async () => {
    const { issuer, clock, tokens } = await world([jwk(ES256, { kid: "old" })]);
    await tokens.verify(forge({}, ES256, { kid: "old" }));
    const rotated = forge({}, fresh, { kid: "new" });
    issuer.keys.push(jwk(fresh, { kid: "new" }));
    clock.seconds += 29;
    expect(await failure(tokens.verify(rotated), "unavailable")).toMatchObject({ after: 1_000 });
    expect(issuer.fetches).toBe(1);
    clock.seconds += 1;
    const both = await Promise.all([tokens.verify(rotated), tokens.verify(rotated)]);
    expect(both).toHaveLength(2);
    expect(issuer.fetches).toBe(2);
    for (const kid of ["x", "y", "z"])
      expect(await failure(tokens.verify(forge({}, fresh, { kid })), "unavailable")).toMatchObject({
        after: 30_000,
      });
    expect(issuer.fetches).toBe(2);
    clock.seconds += 30;
    await failure(tokens.verify(forge({}, fresh, { kid: "x" })), "unauthorized");
  });

  it("is not asked more often while it fails", async () => {
    const { issuer, clock, tokens, warnings } = await world([jwk(ES256, { kid: "old" })]);
    const known = forge({}, ES256, { kid: "old" });
    await tokens.verify(known);
    issuer.answer = (_request, response) => response.writeHead(500).end("planted");
    clock.seconds += 30;
    for (const kid of ["x", "y", "z"]) await failure(tokens.verify(forge({}, fresh, { kid })), "unavailable");
    expect(issuer.fetches).toBe(2);
    await expect(tokens.verify(known)).resolves.toBeDefined();
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).not.toContain("planted");
  });

  it("drops withdrawn keys after 10 minutes, and keeps them while it cannot know", async () => {
    const { issuer, clock, tokens } = await world([jwk(ES256, { kid: "old" })]);
    const token = forge({}, ES256, { kid: "old" });
    await tokens.verify(token);
    const answer = issuer.answer;
    issuer.keys = [jwk(fresh, { kid: "new" })];
    issuer.answer = (_request, response) => response.destroy();
    clock.seconds += 600;
    await expect(tokens.verify(token)).resolves.toBeDefined();
    expect(issuer.fetches).toBe(2);
    issuer.answer = answer;
    clock.seconds += 30;
    await failure(tokens.verify(token), "unauthorized");
    expect(issuer.fetches).toBe(3);
  });

  it.each([
    ["an error", (_request, response) => response.writeHead(503).end()],
    ["no JSON", (_request, response) => response.end("planted")],
    ["no key set", (_request, response) => response.end("{}")],
    ["a redirect", (_request, response) => response.writeHead(302, { location: "/other" }).end()],
    ["a broken connection", (_request, response) => response.destroy()],
  ] satisfies [string, RequestListener][])(
    "that answers with %s is unavailable, then recovers",
    async (_what, answer) => {
      const { issuer, clock, tokens } = await world([jwk(ES256)]);
      const working = issuer.answer;
      issuer.answer = answer;
      const token = forge({}, ES256);
      const refusal = await failure(tokens.verify(token), "unavailable");
      expect(refusal).toMatchObject({
        retryable: true,
        after: 1000,
        message: new Failure("unavailable").message,
      });
      await failure(tokens.verify(token), "unavailable");
      expect(issuer.fetches).toBe(1);
      issuer.answer = working;
      clock.seconds += 1;
      await expect(tokens.verify(token)).resolves.toBeDefined();
      expect(issuer.fetches).toBe(2);
    },
  );

  it("that does not answer is unavailable", async () => {
    const { issuer, tokens } = await world([jwk(ES256)]);
    issuer.answer = () => {};
    await failure(tokens.verify(forge({}, ES256)), "unavailable");
    expect(issuer.fetches).toBe(1);
  });

  it("is not fetched for what it cannot verify", async () => {
    const { issuer, tokens } = await world([], [secret]);
    await expect(tokens.verify(forge())).resolves.toBeDefined();
    await failure(tokens.verify(forge({}, hmacKey("other"))), "unauthorized");
    await failure(
      tokens.verify(forge({}, { algorithm: "none", signature: () => Buffer.alloc(0) })),
      "unauthorized",
    );
    await failure(tokens.verify("planted"), "unauthorized");
    expect(issuer.fetches).toBe(0);
  });

  it("never verifies with a secret that it holds", async () => {
    const { tokens } = await world([
      { kty: "oct", k: Buffer.from(secret).toString("base64url"), alg: "HS256" },
    ]);
    await failure(tokens.verify(forge()), "unauthorized");
  });

  it.each(["planted", "ftp://127.0.0.1/", "http://user:planted@127.0.0.1/"])(
    "is not at %s",
    async (jwksUrl) => {
      const options = { secrets: [], maxLifetime: 1000, log: silentLog };
      const { message } = await failure(createTokens({ ...options, jwksUrl }), "bad_request");
      expect(message).toContain("TIDEGATE_TOKEN_JWKS_URL");
      expect(message).not.toContain("planted");
    },
  );
});
