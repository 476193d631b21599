import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/auth/patterns.ts";
import { ConfigError, loadConfig } from "../../src/config/load.ts";
import { developmentRules } from "../../src/config/rules.ts";
import { shadowedRules } from "../../src/config/shadowed-rules.ts";

type Env = Record<string, string | undefined>;

function load(env: Env, files: Record<string, string> = {}) {
  return loadConfig(env, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
    return text;
  });
}

function faultsOf(env: Env, files?: Record<string, string>): readonly string[] {
  try {
    load(env, files);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const secret = "0123456789abcdef0123456789abcdef";
const production = {
  NODE_ENV: "production",
  TIDEGATE_TOKEN_SECRET: secret,
  TIDEGATE_API_KEYS: "an-api-key-of-32-bytes-at-the-least",
  TIDEGATE_REDIS_URL: "memory",
};

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicPem = ec.publicKey.export({ type: "spki", format: "pem" }).toString();
const privatePem = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicJwk = JSON.stringify(ec.publicKey.export({ format: "jwk" }));
const privateJwk = JSON.stringify(ec.privateKey.export({ format: "jwk" }));

describe("defaults", () => {
  it("hold where nothing is set", () => {
    const { config, rules, warnings } = load({});
    expect(config).toEqual({
      production: false,
      port: 3000,
      adminPort: 3001,
      capacity: 10_000,
      developmentKeys: undefined,
      host: "::",
      adminHost: undefined,
      allowedOrigins: [],
      trustedProxies: [],
      handshakeRate: 300,
      maxLoopDelay: 200,
      maxMemory: 90,
      memoryLimit: undefined,
      connectTimeout: 10_000,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      tokenSecret: [],
      tokenPublicKey: undefined,
      tokenJwksUrl: undefined,
      tokenIssuer: undefined,
      tokenAudience: undefined,
      tokenMaxLifetime: 2_592_000_000,
      apiKeys: [],
      anonymous: false,
      wechatApps: [],
      wechatUrl: "https://api.weixin.qq.com",
      wechatUnionid: false,
      wechatTokenLifetime: 86_400_000,
      wechatLoginRate: 120,
      hookSecret: [],
      hookCa: undefined,
      configFile: undefined,
      drainWindow: 90_000,
      pacedStart: false,
      rebalance: false,
      logLevel: "info",
      nodeId: expect.stringMatching(/^[A-Za-z0-9_.-]{1,57}-[0-9a-f]{6}$/),
      redisUrl: "memory",
      redisUser: undefined,
      redisPassword: undefined,
      redisSentinelUser: undefined,
      redisSentinelPassword: undefined,
      redisKeyPrefix: "tidegate:",
      redisChannelPrefix: "socket.io",
      redisTls: undefined,
      redisTlsCa: undefined,
      redisTlsCert: undefined,
      redisTlsKey: undefined,
      redisTlsServerName: undefined,
      redisTlsVerify: true,
      maxPayload: 65_536,
      maxDepth: 32,
      maxChannels: 128,
      maxChannelName: 255,
      requestRate: 100,
      requestBurst: 200,
      sendQueueLimit: 1_048_576,
      flushDelay: 0,
    });
    expect(rules).toEqual(developmentRules);
    expect(warnings).toEqual([]);
  });

  it("hold for empty variables", () => {
    expect(
      load({ TIDEGATE_PORT: "", TIDEGATE_API_KEYS: " ", TIDEGATE_API_KEYS_FILE: "" }).config,
    ).toMatchObject({
      port: 3000,
      apiKeys: [],
    });
  });

  it("name each start of a node differently", () => {
    expect(load({}).config.nodeId).not.toBe(load({}).config.nodeId);
  });
});

describe("values", () => {
  it.each<[string, string, object]>([
    ["TIDEGATE_PORT", "0", { port: 0 }],
    ["TIDEGATE_TOKEN_SECRET", "new, old", { tokenSecret: ["new", "old"] }],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", publicPem, { tokenPublicKey: publicPem.trim() }],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", publicPem.replaceAll("\n", "\\n"), { tokenPublicKey: publicPem }],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", publicJwk, { tokenPublicKey: publicJwk }],
    ["TIDEGATE_TOKEN_JWKS_URL", "http://keys.example/jwks", { tokenJwksUrl: "http://keys.example/jwks" }],
    ["TIDEGATE_ANONYMOUS", "true", { anonymous: true }],
    ["TIDEGATE_ALLOWED_ORIGINS", "*", { allowedOrigins: ["*"] }],
    [
      "TIDEGATE_ALLOWED_ORIGINS",
      "https://a.example, http://localhost:5173,capacitor://localhost",
      { allowedOrigins: ["https://a.example", "http://localhost:5173", "capacitor://localhost"] },
    ],
    [
      "TIDEGATE_TRUSTED_PROXIES",
      "loopback,10.0.0.0/8,::1,fe80::/10",
      { trustedProxies: ["loopback", "10.0.0.0/8", "::1", "fe80::/10"] },
    ],
    ["TIDEGATE_REDIS_URL", "rediss://:pw@redis:6379/1", { redisUrl: "rediss://:pw@redis:6379/1" }],
    ["TIDEGATE_REDIS_URL", "redis+sentinel://a:1,b:2/main", { redisUrl: "redis+sentinel://a:1,b:2/main" }],
    ["TIDEGATE_REDIS_URL", "redis+cluster://a:1,b:2", { redisUrl: "redis+cluster://a:1,b:2" }],
    ["TIDEGATE_LOG_LEVEL", "silent", { logLevel: "silent" }],
    ["TIDEGATE_NODE_ID", "pod_1.a-b", { nodeId: "pod_1.a-b" }],
    ["TIDEGATE_MAX_PAYLOAD", "1024", { maxPayload: 1024 }],
    ["TIDEGATE_FLUSH_DELAY", "5ms", { flushDelay: 5 }],
    ["TIDEGATE_HANDSHAKE_RATE", "0", { handshakeRate: 0 }],
    ["TIDEGATE_MAX_LOOP_DELAY", "0ms", { maxLoopDelay: 0 }],
    ["TIDEGATE_MAX_MEMORY", "0", { maxMemory: 0 }],
    ["TIDEGATE_MEMORY_LIMIT", "512MiB", { memoryLimit: 536_870_912 }],
  ])("%s=%s", (name, text, part) => expect(load({ [name]: text }).config).toMatchObject(part));

  it("and rules are frozen, all the way down", () => {
    const { config, rules } = load({ TIDEGATE_API_KEYS: "a" });
    for (const part of [config, config.apiKeys, rules, rules[0], rules[0]?.history]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("are read from files, without the line's end", () => {
    const env = {
      TIDEGATE_API_KEYS_FILE: "/keys",
      TIDEGATE_TOKEN_PUBLIC_KEY_FILE: "/pem",
      TIDEGATE_REDIS_URL_FILE: "/url",
    };
    const files = { "/keys": "a,b\n", "/pem": publicPem, "/url": "redis://r\r\n" };
    expect(load(env, files).config).toMatchObject({
      apiKeys: ["a", "b"],
      tokenPublicKey: publicPem.trim(),
      redisUrl: "redis://r",
    });
  });
});

describe("a fault", () => {
  const origins = "* alone, or a comma-separated list of exact origins such as https://app.example.com";
  const proxies =
    "a comma-separated list of addresses, CIDR ranges, loopback, linklocal or uniquelocal, none empty";
  const port = "a whole number from 0 to 65535";
  it.each([
    ["TIDEGATE_PORT", "65536", port],
    ["TIDEGATE_ADMIN_PORT", "x", port],
    ["TIDEGATE_ALLOWED_ORIGINS", "https://a.example/", origins],
    ["TIDEGATE_ALLOWED_ORIGINS", "https://*.example", origins],
    ["TIDEGATE_ALLOWED_ORIGINS", "https://a.example:443", origins],
    ["TIDEGATE_ALLOWED_ORIGINS", "*,https://a.example", origins],
    ["TIDEGATE_ALLOWED_ORIGINS", "a.example", origins],
    ["TIDEGATE_TRUSTED_PROXIES", "1", proxies],
    ["TIDEGATE_TRUSTED_PROXIES", "10.0.0.0/33", proxies],
    ["TIDEGATE_TRUSTED_PROXIES", "loopback,,", proxies],
    ["TIDEGATE_HANDSHAKE_RATE", "-1", "a whole number from 0 to 1000000"],
    ["TIDEGATE_CONNECT_TIMEOUT", "10", "a duration from 10ms to 10m: it needs a unit, as in 10s or 10ms"],
    ["TIDEGATE_TOKEN_JWKS_URL", "file:///keys", "an http or https URL without a user or password"],
    ["TIDEGATE_TOKEN_MAX_LIFETIME", "0s", "a duration from 1s to 3650d"],
    ["TIDEGATE_ANONYMOUS", "yes", "true or false"],
    ["TIDEGATE_DRAIN_WINDOW", "2h", "a duration from 0ms to 1h"],
    ["TIDEGATE_LOG_LEVEL", "loud", "one of debug, info, warn, error, silent"],
    ["TIDEGATE_NODE_ID", "a b", "1 to 64 letters, digits, dots, underscores or hyphens"],
    ["TIDEGATE_MAX_PAYLOAD", "1023", "a size from 1KiB to 1MiB"],
    ["TIDEGATE_MAX_PAYLOAD", "2MiB", "a size from 1KiB to 1MiB"],
    ["TIDEGATE_MAX_CHANNEL_NAME", "256", "a whole number from 1 to 255"],
  ])("of %s=%s says what is expected", (name, text, expected) => {
    expect(faultsOf({ [name]: text })).toEqual([`${name}: expected ${expected}, got "${text}"`]);
  });

  const publicKey = "a public key as PEM, an X.509 certificate or a JWK";
  const wechatApps = "a comma-separated list of appid:secret, none empty, no app twice";
  const redis = "memory, or a redis://, rediss://, redis+sentinel:// or redis+cluster:// URL";
  const encoding = "in a password write @ as %40, / as %2F, # as %23, or set TIDEGATE_REDIS_PASSWORD";
  it.each([
    ["TIDEGATE_TOKEN_SECRET", "hush,,hush", "a comma-separated list of secrets, none empty"],
    ["TIDEGATE_API_KEYS", "hush,", "a comma-separated list of keys, none empty"],
    ["TIDEGATE_WECHAT_APPS", "hush", wechatApps],
    ["TIDEGATE_WECHAT_APPS", "wx1:hush,", wechatApps],
    ["TIDEGATE_WECHAT_APPS", "wx1:hush,wx1:hush", wechatApps],
    ["TIDEGATE_REDIS_URL", "http://:hush@redis", redis],
    ["TIDEGATE_REDIS_URL", "redis://:hush#@redis", `${redis}: ${encoding}`],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", "hush", `${publicKey}: it cannot be read`],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", privatePem, `${publicKey}: it is a private key`],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", privateJwk, `${publicKey}: it is a private key`],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", '{"kty":"oct","k":"aHVzaA"}', `${publicKey}: it cannot be read`],
    ["TIDEGATE_TOKEN_PUBLIC_KEY", "{hush", `${publicKey}: it cannot be read`],
  ])("of %s does not show the value %#", (name, text, expected) => {
    expect(faultsOf({ [name]: text })).toEqual([`${name}: expected ${expected}`]);
  });

  it("does not show the credentials of a URL", () => {
    expect(faultsOf({ TIDEGATE_TOKEN_JWKS_URL: "https://me:hush@keys/x" })).toEqual([
      'TIDEGATE_TOKEN_JWKS_URL: expected an http or https URL without a user or password, got "https://…@keys/x"',
    ]);
  });

  it.each([`https://me:${"long".repeat(30)}@keys`, "https://me:a/b@keys", "https://a:b@c/d@keys"])(
    "shows nothing of credentials, however they are written: %s",
    (url) => {
      expect(faultsOf({ TIDEGATE_TOKEN_JWKS_URL: url })).toEqual([
        'TIDEGATE_TOKEN_JWKS_URL: expected an http or https URL without a user or password, got "https://…@keys"',
      ]);
    },
  );

  it("shows the beginning of a long value", () => {
    expect(faultsOf({ TIDEGATE_ANONYMOUS: "x".repeat(200) })).toEqual([
      `TIDEGATE_ANONYMOUS: expected true or false, got "${"x".repeat(79)}…"`,
    ]);
  });

  it("explains the variables that Kubernetes sets", () => {
    expect(faultsOf({ TIDEGATE_PORT: "tcp://10.0.0.1:3000" })).toEqual([
      `TIDEGATE_PORT: expected ${port}, got "tcp://10.0.0.1:3000", which Kubernetes sets for a Service of that name: set enableServiceLinks: false on the pod`,
    ]);
  });

  it("is a port that is taken twice, unless any is free", () => {
    expect(faultsOf({ TIDEGATE_PORT: "3001" })).toEqual([
      "TIDEGATE_PORT and TIDEGATE_ADMIN_PORT are both 3001; they must differ",
    ]);
    expect(faultsOf({ TIDEGATE_PORT: "0", TIDEGATE_ADMIN_PORT: "0" })).toEqual([]);
  });

  it("of a file names the file and nothing of its content", () => {
    const env = {
      TIDEGATE_API_KEYS: "hush",
      TIDEGATE_API_KEYS_FILE: "/keys",
      TIDEGATE_TOKEN_SECRET_FILE: "/none",
      TIDEGATE_TOKEN_PUBLIC_KEY_FILE: "/empty",
      TIDEGATE_REDIS_URL_FILE: "/url",
    };
    expect(faultsOf(env, { "/keys": "hush", "/empty": "\n", "/url": "hush" })).toEqual([
      "TIDEGATE_TOKEN_SECRET_FILE: cannot read /none (ENOENT)",
      "TIDEGATE_TOKEN_PUBLIC_KEY_FILE: the file /empty is empty",
      "TIDEGATE_API_KEYS and TIDEGATE_API_KEYS_FILE are both set; set one of them",
      `TIDEGATE_REDIS_URL_FILE: expected ${redis}`,
    ]);
  });

  it("is told with all the others, one a line", () => {
    const env = { TIDEGATE_PORT: "x", TIDEGATE_ANONYMOUS: "x", TIDEGATE_CONFIG: "/rules" };
    expect(() => load(env, { "/rules": "channels: 1" })).toThrow(
      new ConfigError([
        `TIDEGATE_PORT: expected ${port}, got "x"`,
        'TIDEGATE_ANONYMOUS: expected true or false, got "x"',
        "/rules:1:11 channels: expected a list of rules, got 1",
      ]),
    );
    expect(new ConfigError(["a", "b"]).message).toBe("The configuration has faults:\n  a\n  b");
  });
});

describe("production", () => {
  it("takes what is whole", () => {
    expect(load(production).config).toMatchObject({
      production: true,
      tokenSecret: [secret],
      redisUrl: "memory",
    });
  });

  it("wants keys and Redis", () => {
    expect(faultsOf({ NODE_ENV: "production" })).toEqual([
      "no token key: set TIDEGATE_TOKEN_SECRET, TIDEGATE_TOKEN_PUBLIC_KEY or TIDEGATE_TOKEN_JWKS_URL",
      "no API key: set TIDEGATE_API_KEYS",
      'TIDEGATE_REDIS_URL is not set: set it to the URL of Redis, or to "memory" for one node without Redis',
    ]);
  });

  it("does not call missing what is faulty", () => {
    const env = {
      ...production,
      TIDEGATE_TOKEN_SECRET: ",",
      TIDEGATE_API_KEYS: ",",
      TIDEGATE_REDIS_URL: "x",
    };
    expect(faultsOf(env).map((fault) => fault.split(":")[0])).toEqual([
      "TIDEGATE_TOKEN_SECRET",
      "TIDEGATE_API_KEYS",
      "TIDEGATE_REDIS_URL",
    ]);
  });

  it.each([
    ["TIDEGATE_TOKEN_PUBLIC_KEY", publicPem],
    ["TIDEGATE_TOKEN_JWKS_URL", "https://keys.example/jwks"],
    ["TIDEGATE_TOKEN_JWKS_URL", "http://localhost:8080/jwks"],
    ["TIDEGATE_TOKEN_JWKS_URL", "http://127.0.0.1/jwks"],
    ["TIDEGATE_TOKEN_JWKS_URL", "http://[::1]/jwks"],
  ])("takes %s=%s in place of a secret", (name, text) => {
    expect(faultsOf({ ...production, TIDEGATE_TOKEN_SECRET: undefined, [name]: text })).toEqual([]);
  });

  it.each(["http://keys.example/jwks", "http://127.0.0.1.example/jwks"])(
    "does not read keys from %s",
    (url) => {
      expect(faultsOf({ ...production, TIDEGATE_TOKEN_JWKS_URL: url })).toEqual([
        "TIDEGATE_TOKEN_JWKS_URL: in production an https URL is needed, unless it is on this machine",
      ]);
    },
  );

  it("wants long secrets, and does not show the short ones", () => {
    expect(faultsOf({ ...production, TIDEGATE_TOKEN_SECRET: `${secret},hush` })).toEqual([
      "TIDEGATE_TOKEN_SECRET: secret 2 has 4 bytes; in production at least 32 are needed",
    ]);
  });

  it("has no rules without a file, and says so", () => {
    const { rules, warnings } = load(production);
    expect(rules).toEqual([]);
    expect(warnings).toEqual(["TIDEGATE_CONFIG is not set: there are no channels but the users' own"]);
  });
});

describe("the rules' file", () => {
  it("is read", () => {
    const { rules } = load({ TIDEGATE_CONFIG: "/rules" }, { "/rules": "channels: [{match: a}]" });
    expect(rules).toEqual([{ match: "a", subscribe: "nobody", publish: "nobody", latest: false }]);
  });

  it("must be there where it is named", () => {
    expect(faultsOf({ TIDEGATE_CONFIG: "/rules" })).toEqual(["TIDEGATE_CONFIG: cannot read /rules (ENOENT)"]);
  });
});

describe("names that are no settings", () => {
  it("are warned of, with what may have been meant", () => {
    const env = {
      TIDEGATE_PROT: "1",
      TIDEGATE_PORT_FILE: "/x",
      TIDEGATE_API_KEY_FILE: "/x",
      TIDEGATE_UNHEARD_OF: "1",
      OTHER: "1",
    };
    expect(load(env).warnings).toEqual([
      "TIDEGATE_API_KEY_FILE is not a setting; did you mean TIDEGATE_API_KEYS_FILE?",
      "TIDEGATE_PORT_FILE is not a setting",
      "TIDEGATE_PROT is not a setting; did you mean TIDEGATE_PORT?",
      "TIDEGATE_UNHEARD_OF is not a setting",
    ]);
  });
});

it("warns where anybody on the internet may write", () => {
  const files = {
    "rules.yaml": `channels:
  - {match: "chat:*", subscribe: anyone, publish: anyone}
  - {match: "room:*", subscribe: anyone, publish: subscriber}
  - {match: "team:*", subscribe: user, publish: subscriber}
  - {match: "read:*", subscribe: anyone, publish: user}`,
  };
  const open = { ...production, TIDEGATE_CONFIG: "rules.yaml", TIDEGATE_ANONYMOUS: "true" };
  expect(load(open, files).warnings).toEqual([
    "TIDEGATE_ANONYMOUS is true and the rules let anyone publish to chat:*, room:*: the whole internet may write there",
  ]);
  expect(load({ ...open, TIDEGATE_ANONYMOUS: "false" }, files).warnings).toEqual([]);
  expect(load({ ...open, NODE_ENV: "development" }, files).warnings).toEqual([]);
});

describe("the mode", () => {
  it.each(["prod", "Production", "staging", "live"])(
    "is not %s, which would be open to everybody",
    (mode) => {
      expect(faultsOf({ NODE_ENV: mode })).toEqual([
        `NODE_ENV: expected production, or development, in which everything is open, got "${mode}"`,
      ]);
    },
  );

  it.each([undefined, "", "development", "test"])("is development as %j", (mode) => {
    expect(load({ NODE_ENV: mode }).config.production).toBe(false);
  });

  it("is production also with a space behind it, as files of variables have it", () => {
    expect(load({ ...production, NODE_ENV: "production " }).config.production).toBe(true);
  });
});

describe("a rule that no channel comes to", () => {
  const warningsOf = (...patterns: string[]): string[] => {
    const text = `channels:\n${patterns.map((match) => `  - {match: "${match}"}`).join("\n")}`;
    return load({ TIDEGATE_CONFIG: "r" }, { r: text }).warnings;
  };

  it.each([
    [["**", "chat:*"], "chat:*", "**"],
    [["chat:*", "quote:*", "chat:*"], "chat:*", "chat:*"],
    [["chat:*", "chat:vip"], "chat:vip", "chat:*"],
    [["chat:**", "chat:*:log"], "chat:*:log", "chat:**"],
    [["a*c", "a*b*c"], "a*b*c", "a*c"],
    [["user:*", "user:ann"], "user:ann", "user:*"],
  ])("is told: %j", (patterns, match, earlier) => {
    expect(warningsOf(...patterns)).toEqual([
      `channels: the rule ${match} is never reached, since ${earlier} before it takes its channels; move it up`,
    ]);
  });

  it.each([
    [["chat:*", "**"]],
    [["chat:*", "chat:*:log"]],
    [["chat:*", "chat:**"]],
    [["chat:vip", "chat:*"]],
    [["**", "user:*"]],
    [["user:*", "**"]],
    [["a*b", "a*c"]],
    [["*", "chat:*"]],
  ])("is not one that some channel comes to: %j", (patterns) => {
    expect(warningsOf(...patterns)).toEqual([]);
  });

  it("is never one that a channel comes to, whatever the patterns", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", ":", "*", "**"), { minLength: 1, maxLength: 4 });
    const name = fc.string({ unit: fc.constantFrom("a", "b", ":"), maxLength: 6 });
    fc.assert(
      fc.property(pattern, pattern, fc.array(name, { maxLength: 30 }), (first, second, names) => {
        const [earlier, later] = [first.join(""), second.join("")];
        if (shadowedRules([{ match: earlier }, { match: later }]).length === 0) return;
        const [takesFirst, takes] = [compilePattern(earlier), compilePattern(later)];
        for (const each of names) expect(takes(each) && !takesFirst(each), each).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("in production it is warned of", () => {
  const warningsOf = (more: Record<string, string>) =>
    load({ ...production, TIDEGATE_CONFIG: "r", ...more }, { r: "channels: []" }).warnings;

  it("keys of the server API that can be guessed, and those that come with the project", () => {
    expect(warningsOf({ TIDEGATE_API_KEYS: `x,${"k".repeat(32)}` })).toEqual([
      "TIDEGATE_API_KEYS: key 1 has 1 bytes; one of less than 32 can be guessed",
    ]);
    expect(warningsOf({ TIDEGATE_TOKEN_SECRET: "for-trying-only-for-trying-only-for-trying-only" })).toEqual([
      "a key is one of those that come with the project, which everybody knows",
    ]);
    expect(warningsOf({ NODE_ENV: "development", TIDEGATE_API_KEYS: "x" })).toEqual([]);
  });

  it("a key set whose tokens may be meant for others", () => {
    const url = { TIDEGATE_TOKEN_SECRET: "", TIDEGATE_TOKEN_JWKS_URL: "https://id.example.com/keys" };
    const warning = expect.stringContaining("tokens that its keys signed for other services are let in");
    expect(warningsOf(url)).toEqual([warning]);
    expect(warningsOf({ ...url, TIDEGATE_TOKEN_AUDIENCE: "tidegate" })).toEqual([warning]);
    const named = {
      ...url,
      TIDEGATE_TOKEN_AUDIENCE: "tidegate",
      TIDEGATE_TOKEN_ISSUER: "https://id.example.com",
    };
    expect(warningsOf(named)).toEqual([]);
  });
});

it("warns where more may subscribe, and so read the past, than `history.read` says", () => {
  const past = (subscribe: string, read: string) =>
    `  - {match: "${subscribe}-${read}", subscribe: ${subscribe}, history: {size: 1, ttl: 1m, read: ${read}}}`;
  const lines = [
    past("anyone", "user"),
    past("user", "nobody"),
    past("user", "anyone"),
    past("token", "subscriber"),
  ];
  expect(load({ TIDEGATE_CONFIG: "r" }, { r: ["channels:", ...lines].join("\n") }).warnings).toEqual([
    "the rules let more subscribe to anyone-user, user-nobody than `history.read` lets read: whoever subscribes gets the past by `since`",
  ]);
});
