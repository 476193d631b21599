import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openBackplane } from "../../../src/backplane/open.ts";
import type { Delivery } from "../../../src/backplane/ports.ts";
import { noTidings } from "../../../src/backplane/tidings.ts";
import type { ReadFile } from "../../../src/config/environment.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { reread } from "../../../src/config/reread.ts";
import { createLog } from "../../../src/log.ts";
import { noMeter } from "../../../src/meter.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { Authority, type Files } from "../../support/authority.ts";
import { freePort } from "../../support/ports.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { noReports } from "../../support/reports.ts";
import { type DeliveringBackplane, delivering } from "../delivering.ts";
import { describeNode } from "./harness.ts";
import { Sentinels } from "./sentinel.ts";

interface Opened {
  backplane: DeliveringBackplane;
  lines: string[];
  deliveries: Delivery[];
}

const opened: Opened[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ backplane }) => backplane.stop()));
});

/** A node with the settings of an operator, and its whole log. */
async function open(env: Record<string, string>, readFile: ReadFile = () => ""): Promise<Opened> {
  const { config } = loadConfig(env, readFile);
  const lines: string[] = [];
  const deliveries: Delivery[] = [];
  const host = {
    lost() {},
    target: {
      execute: async () => ({ connections: [] }),
      ...noReports,
      describe: () => describeNode(config.nodeId),
    },
  };
  const log = createLog("debug", config.nodeId, { write: (line) => void lines.push(line) });
  const meter = noMeter;
  const backplane = openBackplane(host, {
    config,
    reread: () => reread(config, env, readFile),
    tokenLifetime: 60_000,
    tidings: noTidings,
    log,
    meter,
    now: Date.now,
  });
  const node = {
    backplane: delivering(backplane, (delivery) => deliveries.push(delivery)),
    lines,
    deliveries,
  };
  await node.backplane.start();
  opened.push(node);
  return node;
}

async function expectIn({ backplane, lines }: Opened): Promise<void> {
  expect([backplane.healthy(), lines]).toEqual([true, []]);
  await backplane.broker.subscribe("room", lasting);
  const { position } = await backplane.broker.publish(draft("room", 1, { retention: lasting }));
  expect(position?.offset).toBeGreaterThan(0);
}

/** The node says why, and nothing that is secret. */
function expectOut({ backplane, lines }: Opened, why: RegExp, ...secrets: string[]): void {
  expect(backplane.healthy()).toBe(false);
  const causes = lines.flatMap((line) => (JSON.parse(line) as { cause?: string }).cause ?? []);
  expect(causes).toContainEqual(expect.stringMatching(why));
  expect(secrets.filter((secret) => lines.join("").includes(secret))).toEqual([]);
}

describe("a Redis with a password", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start("--requirepass", "planted-word");
    await server.ask((client) =>
      client.acl("SETUSER", "ann", "on", ">planted-of-ann", "+@all", "~here:*", "&there#*", "&here:*"),
    );
  });
  afterAll(() => server.stop());

  const at = (who: string) => server.url.replace("//", `//${who}@`);

  it("lets in who has it, from a setting or the URL", async () => {
    await expectIn(await open({ TIDEGATE_REDIS_URL: server.url, TIDEGATE_REDIS_PASSWORD: "planted-word" }));
    await expectIn(await open({ TIDEGATE_REDIS_URL: at(":planted-word") }));
  });

  it("lets in a user whose keys and channels have prefixes of their own", async () => {
    const prefixes = { TIDEGATE_REDIS_KEY_PREFIX: "here:", TIDEGATE_REDIS_CHANNEL_PREFIX: "there" };
    const ann = { TIDEGATE_REDIS_USER: "ann", TIDEGATE_REDIS_PASSWORD: "planted-of-ann", ...prefixes };
    await expectIn(await open({ TIDEGATE_REDIS_URL: server.url, ...ann }));
    await expectIn(await open({ TIDEGATE_REDIS_URL: at("ann:planted-of-ann"), ...prefixes }));
    const keys = await server.ask((client) => client.keys("here:*"));
    expect(keys).toContain("here:channel:{room}:counter");
  });

  it("lets in again who has the new one in its file, once the old one is taken away", async () => {
    const rotating = await RedisServer.start("--requirepass", "planted-first");
    try {
      const files: Record<string, string> = { "/run/password": "planted-first" };
      const env = { TIDEGATE_REDIS_URL: rotating.url, TIDEGATE_REDIS_PASSWORD_FILE: "/run/password" };
      const node = await open(env, (path) => files[path] ?? "");
      await expectIn(node);
      files["/run/password"] = "planted-second";
      await rotating.ask(async (client) => {
        await client.acl("SETUSER", "default", "resetpass", ">planted-second");
        await client.call("CLIENT", "KILL", "TYPE", "pubsub");
        await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      });
      await vi.waitFor(() => node.backplane.broker.publish(draft("room", 2, { retention: lasting })), {
        timeout: 15_000,
        interval: 50,
      });
      await vi.waitFor(() => expect(node.deliveries).toHaveLength(2), { timeout: 15_000, interval: 50 });
    } finally {
      await rotating.stop();
    }
  });

  it("leaves others out, and the log says why without the password", async () => {
    const [wrong, inUrl, none, stranger] = await Promise.all([
      open({ TIDEGATE_REDIS_URL: server.url, TIDEGATE_REDIS_PASSWORD: "planted-wrong" }),
      open({ TIDEGATE_REDIS_URL: at("bob:planted-wrong") }),
      open({ TIDEGATE_REDIS_URL: server.url }),
      open({ TIDEGATE_REDIS_URL: at("ann:planted-of-ann") }),
    ]);
    expectOut(wrong, /WRONGPASS/, "planted");
    expectOut(inUrl, /WRONGPASS/, "planted");
    expectOut(none, /NOAUTH/);
    expectOut(stranger, /NOPERM/, "planted");
  });
});

describe("a Redis with TLS", () => {
  let authority: Authority;
  let server: RedisServer;
  let port: number;
  let client: Files;

  beforeAll(async () => {
    authority = await Authority.make();
    const own = await authority.certify("redis.test");
    client = await authority.certify("gateway.test");
    port = await freePort();
    const files = [
      "--tls-cert-file",
      own.cert,
      "--tls-key-file",
      own.key,
      "--tls-ca-cert-file",
      authority.ca,
    ];
    server = await RedisServer.start("--tls-port", String(port), ...files);
  });
  afterAll(async () => {
    await server.stop();
    await authority.remove();
  });

  const settings = async () => ({
    TIDEGATE_REDIS_URL: `rediss://127.0.0.1:${port}`,
    TIDEGATE_REDIS_TLS_CA: await authority.read(authority.ca),
    TIDEGATE_REDIS_TLS_CERT: await authority.read(client.cert),
    TIDEGATE_REDIS_TLS_KEY: await authority.read(client.key),
    TIDEGATE_REDIS_TLS_SERVER_NAME: "redis.test",
  });

  it("is spoken to with authority, certificate, key and name", async () => {
    await expectIn(await open(await settings()));
    const url = { TIDEGATE_REDIS_URL: `redis://127.0.0.1:${port}`, TIDEGATE_REDIS_TLS: "true" };
    await expectIn(await open({ ...(await settings()), ...url }));
  });

  it("is not believed under another name or by another authority, and believes nobody without a certificate", async () => {
    const { TIDEGATE_REDIS_TLS_CA: ca, ...unknown } = await settings();
    const { TIDEGATE_REDIS_TLS_CERT: cert, TIDEGATE_REDIS_TLS_KEY: key, ...bare } = await settings();
    const [named, foreign, unverified, unproved] = await Promise.all([
      open({ ...(await settings()), TIDEGATE_REDIS_TLS_SERVER_NAME: "other.test" }),
      open(unknown),
      open({ ...unknown, TIDEGATE_REDIS_TLS_VERIFY: "false" }),
      open(bare),
    ]);
    expectOut(named, /does not match/, key);
    expectOut(foreign, /unable to verify|self.signed/, key);
    await expectIn(unverified);
    expectOut(unproved, /certificate required|ECONNRESET/, ca, cert);
  });
});

describe("Sentinels with a password", () => {
  let sentinels: Sentinels;
  beforeAll(async () => {
    sentinels = await Sentinels.start({ secrets: { servers: "planted-word", sentinels: "planted-watch" } });
  }, 60_000);
  afterAll(() => sentinels.stop(), 60_000);

  it("are asked with theirs, and Redis with its own", async () => {
    const word = { TIDEGATE_REDIS_URL: sentinels.url, TIDEGATE_REDIS_PASSWORD: "planted-word" };
    const [known, wrong] = await Promise.all([
      open({ ...word, TIDEGATE_REDIS_SENTINEL_PASSWORD: "planted-watch" }),
      open({ ...word, TIDEGATE_REDIS_SENTINEL_PASSWORD: "planted-wrong" }),
    ]);
    await expectIn(known);
    expectOut(wrong, /./, "planted");
  });
});
