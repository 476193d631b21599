import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { logged, type Process, runCommand, spawnGateway, startMain } from "../support/process.ts";

const processes: Process[] = [];
const folders: string[] = [];

function keep(process: Process): Process {
  processes.push(process);
  return process;
}

afterEach(async () => {
  for (const process of processes.splice(0)) await process.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Starts a gateway that is not able to, and returns what it said. */
async function failedStart(env: Record<string, string>): Promise<string> {
  const process = keep(startMain(env));
  expect(await process.exit).toBe(1);
  expect(process.stdout).toBe("");
  return process.stderr;
}

async function rulesFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-"));
  folders.push(folder);
  const file = join(folder, "channels.yaml");
  await writeFile(file, text);
  return file;
}

const production = {
  NODE_ENV: "production",
  TIDEGATE_TOKEN_SECRET: "planted-token-secret-of-enough-bytes",
  TIDEGATE_API_KEYS: "planted-api-key",
  TIDEGATE_REDIS_URL: "memory",
};

describe("a start in development", { timeout: 60_000 }, () => {
  it("prints addresses, a key, a token and three commands that work as printed", async () => {
    const { process, url, api } = await spawnGateway();
    keep(process);
    await process.until(() => process.stdout.includes("/v1/history"));
    const banner = process.stdout;
    expect(banner).toMatch(new RegExp(`gateway +${url}`));
    expect(banner).toMatch(new RegExp(`API +${api} .*${api}/docs`));
    expect(banner).toMatch(/API key +[\w-]{32}\n/);
    expect(banner).toMatch(/token +[\w-]+\.[\w-]+\.[\w-]+\n/);
    const commands = banner.match(/^ +(?:npm|curl) .*$/gm) ?? [];
    expect(commands).toHaveLength(3);
    const [subscribe = "", publish = "", history = ""] = commands;

    const subscriber = keep(runCommand(subscribe));
    await subscriber.until(() => subscriber.stderr.includes("subscribed to chat:demo"));
    const publisher = keep(runCommand(publish));
    expect(await publisher.exit).toBe(0);
    const { results } = JSON.parse(publisher.stdout) as { results: unknown[] };
    expect(results).toEqual([{ channel: "chat:demo", position: expect.stringMatching(/:1$/) }]);

    await subscriber.until(() => subscriber.stdout.endsWith("\n"));
    const message = JSON.parse(subscriber.stdout) as object;
    expect(message).toMatchObject({ channel: "chat:demo", data: { text: "hello" } });

    const reader = keep(runCommand(history));
    expect(await reader.exit).toBe(0);
    expect(JSON.parse(reader.stdout)).toMatchObject({ messages: [message] });
  });

  it("keeps the keys that it makes up where a file is named, for its owner alone", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tidegate-"));
    folders.push(folder);
    const file = join(folder, "keys.json");
    const env = { TIDEGATE_DEVELOPMENT_KEYS: file };
    const keyOf = async () => {
      const { process } = await spawnGateway(env);
      keep(process);
      await process.until(() => process.stdout.includes("/v1/history"));
      expect(process.stdout).toContain(`these keys are kept in ${file}.`);
      return /API key +([\w-]{32})\n/.exec(process.stdout)?.[1];
    };
    const first = await keyOf();
    expect(first).toBeDefined();
    expect(await keyOf()).toBe(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, "{}");
    expect(await failedStart(env)).toBe(
      `TIDEGATE_DEVELOPMENT_KEYS: ${file} has no keys; delete it, and others are made up.\n`,
    );
  });

  it("takes the keys that are set, and makes up none", async () => {
    const { process, api } = await spawnGateway({
      TIDEGATE_API_KEYS: "my-own-key",
      TIDEGATE_TOKEN_SECRET: "short",
    });
    keep(process);
    await process.until(() => process.stdout.includes("/v1/history"));
    expect(process.stdout).toMatch(/API key +as set in TIDEGATE_API_KEYS\n/);
    expect(process.stdout).not.toContain("my-own-key");
    const headers = { authorization: "Bearer my-own-key" };
    expect((await fetch(`${api}/v1/nodes`, { headers })).status).toBe(200);
  });
});

it("keeps the admin port where only this machine reaches it", { timeout: 60_000 }, async () => {
  const { process, port, api } = await spawnGateway({ TIDEGATE_ADMIN_HOST: "127.0.0.2" });
  keep(process);
  const admin = new URL("/livez", api);
  await expect(fetch(admin)).rejects.toThrow();
  admin.hostname = "127.0.0.2";
  expect((await fetch(admin)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
});

describe("a start in production", { timeout: 60_000 }, () => {
  it("with nothing set ends with one message that names every fault", async () => {
    const said = await failedStart({ NODE_ENV: "production" });
    expect(said.split("\n")).toEqual([
      "The configuration has faults:",
      "  no token key: set TIDEGATE_TOKEN_SECRET, TIDEGATE_TOKEN_PUBLIC_KEY or TIDEGATE_TOKEN_JWKS_URL",
      "  no API key: set TIDEGATE_API_KEYS",
      '  TIDEGATE_REDIS_URL is not set: set it to the URL of Redis, or to "memory" for one node without Redis',
      "",
    ]);
  });

  it("with all that is needed serves, and prints neither key nor token", async () => {
    const { process, api } = await spawnGateway(production);
    keep(process);
    expect((await fetch(`${api}/readyz`)).status).toBe(200);
    process.signal("SIGTERM");
    expect(await process.exit).toBe(0);
    expect(logged(process, "node_stopped")).toBeDefined();
    expect(process.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("{"))).toEqual([]);
    expect(process.stdout + process.stderr).not.toMatch(/planted|eyJ/);
  });
});

describe("a start with faults", { timeout: 60_000 }, () => {
  it("names each setting, what was expected and what was found", async () => {
    const said = await failedStart({
      TIDEGATE_PORT: "99999",
      TIDEGATE_DRAIN_WINDOW: "soon",
      TIDEGATE_TOKEN_PUBLIC_KEY_FILE: "/nowhere/key.pem",
    });
    expect(said).toContain('TIDEGATE_PORT: expected a whole number from 0 to 65535, got "99999"');
    expect(said).toMatch(/TIDEGATE_DRAIN_WINDOW: expected a duration .*, got "soon"/);
    expect(said).toMatch(/TIDEGATE_TOKEN_PUBLIC_KEY_FILE.*\/nowhere\/key\.pem/);
    expect(said.trimEnd().split("\n")).toHaveLength(4);
  });

  it("names the place of a rule's fault and what was expected", async () => {
    const file = await rulesFile(
      'channels:\n  - match: "chat:*"\n    publish: everyone\n  - match: "quote:*"\n    conflate: 200\n',
    );
    const said = await failedStart({ TIDEGATE_CONFIG: file });
    expect(said).toContain(`${file}:3:14 channels[0].publish: expected`);
    expect(said).toContain('got "everyone"');
    expect(said).toContain(`${file}:5:15 channels[1].conflate: expected a duration such as 200ms`);
  });

  it("names a rules file that cannot be read", async () => {
    expect(await failedStart({ TIDEGATE_CONFIG: "/nowhere/channels.yaml" })).toMatch(
      /TIDEGATE_CONFIG.*\/nowhere\/channels\.yaml/,
    );
  });

  it("shows no secret, however wrong it is", async () => {
    const said = await failedStart({
      ...production,
      TIDEGATE_TOKEN_SECRET: "planted-short",
      TIDEGATE_API_KEYS: "planted-one,,planted-two",
      TIDEGATE_REDIS_URL: "redis//user:planted-password@redis:6379",
      TIDEGATE_TOKEN_PUBLIC_KEY: "-----BEGIN PLANTED KEY-----",
      TIDEGATE_TOKEN_JWKS_URL: "https://user:planted@keys.example/jwks",
    });
    for (const name of ["TOKEN_SECRET", "API_KEYS", "REDIS_URL", "TOKEN_PUBLIC_KEY", "TOKEN_JWKS_URL"]) {
      expect(said).toContain(`TIDEGATE_${name}: `);
    }
    expect(said).not.toMatch(/planted/i);
  });

  it("says which port is taken, and what to set", async () => {
    const { process, port } = await spawnGateway();
    keep(process);
    const inUse = (setting: string) =>
      `Port ${port} is in use by another program: end that one, or set ${setting} to another port.\n`;
    const loopback = { TIDEGATE_HOST: "127.0.0.1" };
    expect(await failedStart({ ...loopback, TIDEGATE_PORT: `${port}` })).toBe(inUse("TIDEGATE_PORT"));
    const admin = { TIDEGATE_PORT: "0", TIDEGATE_ADMIN_PORT: `${port}` };
    expect(await failedStart({ ...loopback, ...admin })).toBe(inUse("TIDEGATE_ADMIN_PORT"));
  });

  it.each([
    [{ TIDEGATE_HOST: "203.0.113.9" }, "This machine has no address 203.0.113.9: set TIDEGATE_HOST.\n"],
    [
      { TIDEGATE_ADMIN_HOST: "203.0.113.9" },
      "This machine has no address 203.0.113.9: set TIDEGATE_ADMIN_HOST or TIDEGATE_HOST.\n",
    ],
    [{ NODE_ENV: "prod" }, /NODE_ENV: expected production, or development, .*, got "prod"/],
  ])("says what is wrong with %j", async (env, words) => {
    const said = await failedStart({ TIDEGATE_PORT: "0", TIDEGATE_ADMIN_PORT: "0", ...env });
    if (typeof words === "string") expect(said).toBe(words);
    else expect(said).toMatch(words);
  });
});
