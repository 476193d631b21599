import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logged, type Process } from "../../../gateway/test/support/process.ts";
import { buildWithBuildah, hasBuildah } from "./buildah.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Image } from "./image.ts";
import { buildPlainly } from "./plain-build.ts";

const root = resolve(import.meta.dirname, "../../..");
const path = join(root, "Dockerfile");
const stages = readDockerfile(path);
const final = stages.at(-1);

interface Finding {
  rule: string;
  line: number;
}
const linter: { run(folder: string, text: string): Finding[] } = createRequire(import.meta.url)(
  "dockerfilelint",
);

/** The linter does not know that an ARG has a default. */
function lint(text: string): Finding[] {
  const [, base = ""] = /^ARG BASE_IMAGE=(\S+)$/m.exec(text) ?? [];
  return linter.run(root, text.replaceAll(/\$\{BASE_IMAGE\}/g, base));
}

describe("the Dockerfile", () => {
  const text = readFileSync(path, "utf8");

  it("has nothing that the linter objects to, which would object", () => {
    expect(lint(text)).toEqual([]);
    expect(lint(text.replace("node:26-trixie-slim", "node")).map(({ rule }) => rule)).toContain(
      "missing_tag",
    );
    expect(lint(text.replace("RUN npm", "RUN sudo npm")).map(({ rule }) => rule)).toContain("sudo_usage");
  });

  it("runs Node itself, as a numeric user above 10000, and says what it is", () => {
    expect(final?.command[0]).toBe("node");
    expect(Number(final?.user.split(":")[0])).toBeGreaterThan(10_000);
    expect(final?.image).toBe("node:26-trixie-slim");
    const { version } = JSON.parse(readFileSync(join(root, "gateway/package.json"), "utf8"));
    expect(final?.labels).toEqual({
      "org.opencontainers.image.title": "Tidegate",
      "org.opencontainers.image.description": expect.stringMatching(/\S/),
      "org.opencontainers.image.licenses": "MIT",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": "unknown",
    });
  });

  it("runs no scripts of the packages that it installs", () => {
    const commands = stages
      .flatMap(({ steps }) => steps)
      .flatMap((step) => (step.kind === "run" ? step.command : []));
    const installs = commands.filter((command) => /\bnpm (ci|i|install)\b/.test(command));
    expect(installs).toHaveLength(2);
    expect(installs.filter((command) => !command.includes(" --ignore-scripts"))).toEqual([]);
  });
});

const builds = { "plain commands": buildPlainly, ...(hasBuildah() ? { buildah: buildWithBuildah } : {}) };

describe.each(Object.entries(builds))("the image, built with %s", (_, build) => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-image-"));
  let image: Image;
  const app = () => join(image.root, final?.workdir ?? "/");
  beforeAll(async () => {
    // The image's user has to get through it.
    chmodSync(folder, 0o755);
    image = await build({ context: root, stages, folder });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the compiled gateway and its own dependencies, and nothing for developers", () => {
    expect(readdirSync(app()).sort()).toEqual([
      "LICENSE",
      "console",
      "dist",
      "guide",
      "node_modules",
      "package.json",
    ]);
    const files = readdirSync(app(), { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => /\.(map|[cm]?ts)$|\.test\.js$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".lua")).length).toBe(luaScripts());
    expect(dependencyFaults(app())).toEqual([]);
  });

  it("starts, answers its health check and a client, and stops with 0", { timeout: 60_000 }, async () => {
    const gateway = image.start(final?.command ?? [], environment);
    try {
      await gateway.until(() => logged(gateway, "node_listening") !== undefined);
      const { port, adminPort } = logged(gateway, "node_listening") as { port: number; adminPort: number };
      await checkHealth(image, adminPort, 0);
      expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${adminPort}/docs/`)).status).toBe(200);
      expect(await welcomed(port)).toMatchObject({ user: expect.stringMatching(/^anon:/) });
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
      await checkHealth(image, adminPort, 1);
    } finally {
      await gateway.stop();
    }
  });

  it("is not root's process, and cannot write where it lives", async () => {
    const attempt = "require('fs').writeFileSync('dist/written', '')";
    const program = `console.log(process.getuid()); ${attempt}`;
    const node: Process = image.start(["node", "-e", program], {});
    expect(await node.exit).toBe(1);
    if (process.getuid?.() === 0) expect(`${node.stdout.trim()}:`).toBe(`${final?.user.split(":")[0]}:`);
    expect(node.stderr).toMatch(/EACCES|EROFS/);
  });
});

const environment = {
  TIDEGATE_HOST: "127.0.0.1",
  TIDEGATE_PORT: "0",
  TIDEGATE_ADMIN_PORT: "0",
  TIDEGATE_REDIS_URL: "memory",
  TIDEGATE_TOKEN_SECRET: "an-image-test-secret-of-32-bytes-or-more",
  TIDEGATE_API_KEYS: "an-image-test-key",
  TIDEGATE_ANONYMOUS: "true",
};

async function checkHealth(image: Image, adminPort: number, expected: number): Promise<void> {
  const check = image.start(final?.health ?? [], { TIDEGATE_ADMIN_PORT: String(adminPort) });
  expect(await check.exit, check.stderr).toBe(expected);
}

/** @returns what the gateway welcomes an official client with */
async function welcomed(port: number): Promise<unknown> {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  try {
    return await new Promise((resolve, reject) => {
      socket.once("welcome", resolve);
      socket.once("connect_error", reject);
    });
  } finally {
    socket.disconnect();
  }
}

function luaScripts(): number {
  const sources = readdirSync(join(root, "gateway/src/backplane/redis"), {
    recursive: true,
    encoding: "utf8",
  });
  return sources.filter((file) => file.endsWith(".lua")).length;
}

/** What is in node_modules without being needed in production, and what is needed without being there. */
function dependencyFaults(app: string): string[] {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
  const has = (name: string) => existsSync(join(app, "node_modules", name));
  const missing = Object.keys(dependencies).filter((name) => !has(name));
  // What a package that is needed needs in turn is needed too.
  const others = ["socket.io", "engine.io", "socket.io-adapter"].flatMap((name) =>
    Object.keys(
      JSON.parse(readFileSync(join(app, "node_modules", name, "package.json"), "utf8")).dependencies,
    ),
  );
  const needed = new Set([...Object.keys(dependencies), ...others]);
  const surplus = Object.keys(devDependencies).filter((name) => !needed.has(name) && has(name));
  return [
    ...missing.map((name) => `${name} is missing`),
    ...surplus.map((name) => `${name} is not for production`),
  ];
}
