import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load.ts";
import { parseRedisUrl } from "../../src/config/redis-url.ts";
import { Authority } from "../support/authority.ts";

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env, () => "planted in a file");
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("the URL of Redis", () => {
  const plain = {
    kind: "single",
    user: undefined,
    password: undefined,
    primary: "",
    database: 0,
    tls: false,
  };

  it.each([
    ["redis://h", { ...plain, hosts: [{ host: "h", port: undefined }] }],
    ["rediss://h:1/2/", { ...plain, hosts: [{ host: "h", port: 1 }], database: 2, tls: true }],
    ["redis://[::1]:7", { ...plain, hosts: [{ host: "::1", port: 7 }] }],
    ["redis://ann:p%40:s%2F@h", { ...plain, hosts: [{ host: "h" }], user: "ann", password: "p@:s/" }],
    ["redis://:word@h", { ...plain, hosts: [{ host: "h" }], password: "word" }],
    [
      "redis+sentinel://a,b:1/main/3",
      {
        ...plain,
        kind: "sentinel",
        hosts: [{ host: "a" }, { host: "b", port: 1 }],
        primary: "main",
        database: 3,
      },
    ],
    ["redis+sentinel://a", { ...plain, kind: "sentinel", hosts: [{ host: "a" }], primary: "mymaster" }],
    [
      "redis+cluster://a:1,b:2",
      {
        ...plain,
        kind: "cluster",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
  ])("is read from %s", (text, expected) => expect(parseRedisUrl(text)).toEqual(expected));

  it.each([
    "redis://",
    "redis:h",
    "http://h",
    "redis://a,b",
    "redis://h:70000",
    "redis://h:x",
    "redis://h/x",
    "redis://h/1/2",
    "redis://h?db=1",
    "redis://u:50%@h",
    "redis://a b",
    "redis+cluster://a/1",
    "redis+sentinel://a,,b/main",
    "redis+sentinel://a/main/x",
    "constructor://h",
  ])("is not %s", (text) => expect(parseRedisUrl(text)).toBeUndefined());
});

describe("settings of Redis that do not go together", () => {
  let authority: Authority;
  let ca: string;
  let cert: string;
  let key: string;
  beforeAll(async () => {
    authority = await Authority.make();
    const files = await authority.certify("gateway.test");
    ca = await authority.read(authority.ca);
    cert = await authority.read(files.cert);
    key = await authority.read(files.key);
  });
  afterAll(() => authority.remove());

  it("are told all at once", () => {
    const env = {
      TIDEGATE_REDIS_URL: "redis://ann@h",
      TIDEGATE_REDIS_SENTINEL_PASSWORD: "planted",
      TIDEGATE_REDIS_TLS_CA: ca,
      TIDEGATE_REDIS_TLS_KEY: key,
    };
    const faults = faultsOf(env);
    expect(faults).toEqual([
      "a user of Redis without a password: set TIDEGATE_REDIS_PASSWORD",
      "TIDEGATE_REDIS_SENTINEL_PASSWORD is set, but TIDEGATE_REDIS_URL names no Sentinels",
      "TIDEGATE_REDIS_TLS_CA is set, but there is no TLS: set TIDEGATE_REDIS_TLS to true",
      "TIDEGATE_REDIS_TLS_KEY is set, but there is no TLS: set TIDEGATE_REDIS_TLS to true",
      "TIDEGATE_REDIS_TLS_CERT and TIDEGATE_REDIS_TLS_KEY go together; one of them is set",
    ]);
  });

  it("are those of a Redis that is not used", () => {
    expect(faultsOf({ TIDEGATE_REDIS_PASSWORD: "planted", TIDEGATE_REDIS_KEY_PREFIX: "a:" })).toEqual([
      "TIDEGATE_REDIS_PASSWORD is set, but TIDEGATE_REDIS_URL is memory",
      "TIDEGATE_REDIS_KEY_PREFIX is set, but TIDEGATE_REDIS_URL is memory",
    ]);
  });

  it("are a password that is not encoded in the URL, and it is not shown", () => {
    for (const url of ["redis://:p@ss@h", "redis://:pa/ss@h:6379", "redis://:pa#ss@h"]) {
      expect(faultsOf({ TIDEGATE_REDIS_URL: url })).toEqual([
        "TIDEGATE_REDIS_URL: expected memory, or a redis://, rediss://, redis+sentinel:// or redis+cluster:// URL: " +
          "in a password write @ as %40, / as %2F, # as %23, or set TIDEGATE_REDIS_PASSWORD",
      ]);
    }
  });

  it("are a user of Sentinels without a password", () => {
    const env = { TIDEGATE_REDIS_URL: "redis+sentinel://a/main", TIDEGATE_REDIS_SENTINEL_USER: "ann" };
    expect(faultsOf(env)).toEqual([
      "TIDEGATE_REDIS_SENTINEL_USER has no password: set TIDEGATE_REDIS_SENTINEL_PASSWORD",
    ]);
  });

  it("are TLS that the URL asks for and a setting forbids", () => {
    expect(faultsOf({ TIDEGATE_REDIS_URL: "rediss://h", TIDEGATE_REDIS_TLS: "false" })).toEqual([
      "TIDEGATE_REDIS_TLS is false, and TIDEGATE_REDIS_URL says rediss",
    ]);
  });

  it("are a certificate and the key of another", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const env = {
      TIDEGATE_REDIS_URL: "rediss://h",
      TIDEGATE_REDIS_TLS_CERT: cert,
      TIDEGATE_REDIS_TLS_KEY: other.export({ type: "pkcs8", format: "pem" }).toString(),
    };
    expect(faultsOf(env)).toEqual(["TIDEGATE_REDIS_TLS_KEY is not the key of TIDEGATE_REDIS_TLS_CERT"]);
    expect(faultsOf({ ...env, TIDEGATE_REDIS_TLS_KEY: key })).toEqual([]);
    expect(faultsOf({ ...env, TIDEGATE_REDIS_TLS_KEY: key.replaceAll("\n", "\\n") })).toEqual([]);
  });

  it.each([
    ["TIDEGATE_REDIS_TLS_CA", "certificates as PEM (BEGIN CERTIFICATE)"],
    ["TIDEGATE_REDIS_TLS_CERT", "certificates as PEM (BEGIN CERTIFICATE)"],
    ["TIDEGATE_REDIS_TLS_KEY", "a private key as PEM without a passphrase"],
  ])("is not %s in any other form, and none of it is shown", (name, expected) => {
    const broken = "-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----";
    const others = {
      TIDEGATE_REDIS_URL: "rediss://h",
      TIDEGATE_REDIS_TLS_CERT: cert,
      TIDEGATE_REDIS_TLS_KEY: key,
    };
    for (const text of ["planted", broken]) {
      expect(faultsOf({ ...others, [name]: text })).toEqual([`${name}: expected ${expected}`]);
    }
    const [fault, ...rest] = faultsOf({ TIDEGATE_REDIS_URL: "rediss://h", [`${name}_FILE`]: "/file" });
    expect([fault, rest.join("")]).toEqual([
      `${name}_FILE: expected ${expected}`,
      expect.not.stringContaining("planted"),
    ]);
  });

  it.each(["TIDEGATE_REDIS_KEY_PREFIX", "TIDEGATE_REDIS_CHANNEL_PREFIX"])(
    "is not %s with a brace",
    (name) => {
      expect(faultsOf({ TIDEGATE_REDIS_URL: "redis://h", [name]: "{a}:" })).toEqual([
        `${name}: expected 1 to 64 letters, digits, dots, underscores, colons or hyphens, got "{a}:"`,
      ]);
    },
  );
});
