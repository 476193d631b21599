import { describe, expect, it } from "vitest";
import { type ConfigFile, parseFile } from "../../src/config/file.ts";
import { ConfigError, loadConfig } from "../../src/config/load.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const another = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;

function faultsOf(text: string): string[] {
  const parsed = parseFile(text, "tidegate.yaml");
  return "faults" in parsed ? parsed.faults : [];
}

function fileOf(text: string): ConfigFile {
  const parsed = parseFile(text, "tidegate.yaml");
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  return parsed;
}

const hook = (members: string) => `channels: []\nhooks:\n - {${members}}`;
/** A hook that is whole, and what is said besides. */
const asking = (more: string) => hook(`name: a, url: "http://localhost", ask: [subscribe], ${more}`);
const telling = (more: string) => hook(`name: a, url: "http://localhost", tell: [online], ${more}`);

describe("hooks", () => {
  it("are read in full", () => {
    const file = fileOf(`
channels:
  - {match: "order:*", subscribe: hook, publish: hook}
hooks:
  - name: orders
    url: https://app.example.com/ask
    ask: [connect, subscribe, publish, request]
    channels: "order:*"
    timeout: 500ms
  - name: crm
    url: http://crm/events
    plain: true
    tell: [connected, disconnected, online, offline, away, back, occupied, vacated, published, unseen]
    channels: "order:*"
    batch: {size: 50, wait: 0ms}
    keep: {size: 1MiB, age: 1h}
    timeout: 30s
settle: 0s
limits: {connectionsPerUser: 5}`);
    expect(file.rules).toMatchObject([{ subscribe: "hook", publish: "hook" }]);
    expect(file.hooks).toEqual({
      asking: [
        {
          name: "orders",
          url: "https://app.example.com/ask",
          ask: ["connect", "subscribe", "publish", "request"],
          channels: "order:*",
          timeout: 500,
          plain: false,
          secrets: [],
        },
      ],
      telling: [
        {
          name: "crm",
          url: "http://crm/events",
          tell: expect.arrayContaining(["connected", "unseen"]),
          channels: "order:*",
          timeout: 30_000,
          plain: true,
          batch: { size: 50, wait: 0 },
          keep: { size: 1_048_576, age: 3_600_000 },
          secrets: [],
        },
      ],
    });
    expect(file).toMatchObject({ settle: 0, limits: { connectionsPerUser: 5 } });
  });

  it("have defaults", () => {
    expect(fileOf(asking("")).hooks.asking).toMatchObject([{ channels: "**", timeout: 1_000, plain: false }]);
    const { hooks, settle, limits } = fileOf(telling(""));
    expect(hooks.telling).toMatchObject([
      { timeout: 15_000, batch: { size: 100, wait: 20 }, keep: { size: 67_108_864, age: 86_400_000 } },
    ]);
    expect({ settle, limits }).toEqual({ settle: 10_000, limits: {} });
    expect(fileOf(telling("keep: {age: 1h}")).hooks.telling[0]?.keep).toEqual({
      size: 67_108_864,
      age: 3_600_000,
    });
    expect(fileOf("channels: []").hooks).toEqual({ asking: [], telling: [] });
  });

  it.each([
    [hook('url: "http://a", ask: [connect]'), "name: expected 1 to 32 of a-z, 0-9 and -"],
    [hook('name: A, url: "http://a", ask: [connect]'), "name: expected 1 to 32 of a-z, 0-9 and -"],
    [hook('name: my-file, url: "http://a", ask: [connect]'), "name: expected 1 to 32 of a-z, 0-9 and -"],
    [hook("name: a, url: ftp://a, ask: [connect]"), "url: expected an http or https URL without a user"],
    [
      hook('name: a, url: "http://me:x@a", ask: [connect]'),
      "url: expected an http or https URL without a user",
    ],
    [hook('name: a, url: "http://a"'), "ask: a hook has either ask or tell; write two hooks for both"],
    [hook('name: a, url: "http://a", ask: [connect], tell: [online]'), "tell: a hook has either ask or tell"],
    [
      hook('name: a, url: "http://a", ask: []'),
      "ask: expected a list of connect, subscribe, publish, request",
    ],
    [hook('name: a, url: "http://a", ask: [connect, connect]'), "ask: expected a list of connect, subscribe"],
    [
      hook('name: a, url: "http://a", ask: [rpc]'),
      'ask[0]: expected one of connect, subscribe, publish, request, got "rpc"',
    ],
    [
      hook('name: a, url: "http://a", ask: [connect], channels: "a:*"'),
      "channels: channels goes with subscribe, publish",
    ],
    [
      telling('channels: "a:*"'),
      "channels: channels goes with subscribe, publish, occupied, vacated, published",
    ],
    [asking('channels: "a b"'), "channels: expected a pattern of channel names"],
    [asking("timeout: 6s"), "timeout: expected a duration from 100ms to 5s"],
    [asking("timeout: 40s"), 'timeout: expected a duration from 100ms to 30s, got "40s"'],
    [telling("timeout: 500ms"), "timeout: expected a duration from 1s to 30s"],
    [asking("batch: {size: 1}"), "batch: a hook that is asked has no batch"],
    [asking("keep: {age: 1h}"), "keep: a hook that is asked keeps nothing"],
    [telling("batch: {size: 0}"), "batch.size: expected a whole number from 1 to 1000, got 0"],
    [telling("batch: {wait: 11s}"), 'batch.wait: expected a duration from 0ms to 10s, got "11s"'],
    [telling("keep: {size: 1KiB}"), 'keep.size: expected a size from 1MiB to 16GiB, got "1KiB"'],
    [telling("keep: {age: 1s}"), 'keep.age: expected a duration from 1m to 30d, got "1s"'],
    [telling("plain: yes"), 'plain: expected true or false, got "yes"'],
    [telling("secret: x"), "secret: not a key here; the keys are name, url, ask, tell"],
  ])("%j is a fault", (text, fault) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`hooks[0].${fault}`);
  });

  it("have names of their own, and connect and request have one hook", () => {
    const text = `channels: []
hooks:
 - {name: a, url: "http://a", ask: [connect, subscribe]}
 - {name: a, url: "http://b", ask: [connect, subscribe, request]}
 - {name: c, url: "http://c", ask: [request]}`;
    expect(faultsOf(text)).toEqual([
      "tidegate.yaml:4:11 hooks[1].name: another hook has this name",
      "tidegate.yaml:4:36 hooks[1].ask: connect is asked of a hook before this one",
      "tidegate.yaml:5:36 hooks[2].ask: request is asked of a hook before this one",
    ]);
  });

  it("have to be there where a rule leaves something to them", () => {
    const text = `channels:
 - {match: a, subscribe: hook, publish: hook}
hooks:
 - {name: a, url: "http://a", ask: [subscribe]}
settle: 6m
limits: {connectionsPerUser: 0}`;
    expect(faultsOf(text)).toEqual([
      "tidegate.yaml:2:41 channels[0].publish: no hook is asked publish; add one to hooks",
      'tidegate.yaml:5:9 settle: expected a duration from 0ms to 5m, got "6m"',
      "tidegate.yaml:6:30 limits.connectionsPerUser: expected a whole number from 1 to 10000, got 0",
    ]);
    expect(faultsOf("channels: [{match: a, subscribe: hook}]")).toEqual([
      "tidegate.yaml:1:34 channels[0].subscribe: no hook is asked subscribe; add one to hooks",
    ]);
  });
});

const file = `channels: []
hooks:
 - {name: one, url: "https://one.example", ask: [subscribe]}
 - {name: number-2, url: "https://two.example", tell: [online]}`;

const production = {
  NODE_ENV: "production",
  TIDEGATE_TOKEN_SECRET: "0123456789abcdef0123456789abcdef",
  TIDEGATE_API_KEYS: "0123456789abcdef0123456789abcdef",
  TIDEGATE_REDIS_URL: "memory",
  TIDEGATE_CONFIG: "file",
};

function load(env: Record<string, string>, text = file) {
  return loadConfig({ TIDEGATE_CONFIG: "file", ...env }, (path) => (path === "file" ? text : secret));
}

function loadFaults(env: Record<string, string>, text = file): readonly string[] {
  try {
    load(env, text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("the secret of a hook", () => {
  it("is its own, or that of all hooks", () => {
    const { hooks, warnings } = load({
      TIDEGATE_HOOK_SECRET: `${secret}, ${another}`,
      TIDEGATE_HOOK_SECRET_NUMBER_2: another,
    });
    expect(hooks.asking[0]?.secrets).toEqual([secret, another]);
    expect(hooks.telling[0]?.secrets).toEqual([another]);
    expect(warnings).toEqual([]);
  });

  it("may stand in a file", () => {
    const { hooks, warnings } = load({ TIDEGATE_HOOK_SECRET_ONE_FILE: "/run/secret" });
    expect(hooks.asking[0]?.secrets).toEqual([secret]);
    expect(hooks.telling[0]?.secrets).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("of a hook that is not there is warned of", () => {
    expect(load({ TIDEGATE_HOOK_SECRET_NUMBER_3: secret }).warnings).toEqual([
      "TIDEGATE_HOOK_SECRET_NUMBER_3 is not a setting; did you mean TIDEGATE_HOOK_SECRET_NUMBER_2?",
    ]);
  });

  it.each(["planted", "whsec_planted", `whsec_${Buffer.alloc(23).toString("base64")}`, `${secret},`])(
    "%j is none, and is not shown",
    (text) => {
      const faults = loadFaults({ TIDEGATE_HOOK_SECRET: text, TIDEGATE_HOOK_SECRET_ONE: text });
      const words =
        "expected a comma-separated list of secrets, each whsec_ and base64 of 24 to 64 bytes, none empty";
      expect(faults).toEqual([`TIDEGATE_HOOK_SECRET: ${words}`, `TIDEGATE_HOOK_SECRET_ONE: ${words}`]);
    },
  );
});

describe("in production a hook", () => {
  it("has a secret, and an address that is protected", () => {
    expect(loadFaults(production, file.replaceAll("https", "http"))).toEqual([
      "the hook one has no secret: set TIDEGATE_HOOK_SECRET or TIDEGATE_HOOK_SECRET_ONE",
      "the hook one: in production an https URL is needed, unless it is on this machine or says plain: true",
      "the hook number-2 has no secret: set TIDEGATE_HOOK_SECRET or TIDEGATE_HOOK_SECRET_NUMBER_2",
      "the hook number-2: in production an https URL is needed, unless it is on this machine or says plain: true",
    ]);
    expect(loadFaults({ ...production, TIDEGATE_HOOK_SECRET: secret })).toEqual([]);
    const local = file.replaceAll(/https:\/\/\w+\.example/g, "http://127.0.0.1:80");
    expect(loadFaults({ ...production, TIDEGATE_HOOK_SECRET: secret }, local)).toEqual([]);
  });

  it("may be plain, of which the start warns", () => {
    const text = `channels: []\nhooks: [{name: one, url: "http://mesh", plain: true, ask: [connect]}]`;
    expect(load({ ...production, TIDEGATE_HOOK_SECRET: secret }, text).warnings).toEqual(
      expect.arrayContaining(["the hook one says plain: true: what it is sent can be read on the way"]),
    );
  });
});

it("warns where each reconnect would be a question", () => {
  const text = `channels: []\nhooks: [{name: one, url: "http://localhost", ask: [connect]}]`;
  expect(load({}, text).warnings).toEqual([
    "a hook is asked connect and TIDEGATE_TOKEN_SECRET is not set: every client that comes back is asked about again",
  ]);
});
