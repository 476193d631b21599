import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** Below these, one unauthenticated client can end or exhaust a node. */
const lowest: Record<string, string> = {
  ws: "8.23.0",
  "engine.io": "6.6.12",
  "socket.io-parser": "4.2.7",
  "socket.io": "4.8.4",
  fastify: "5.8.5",
  jose: "6.0.0",
};

interface Lock {
  packages: Record<string, { version?: string }>;
}

const root = resolve(import.meta.dirname, "../../..");
const lock = JSON.parse(readFileSync(resolve(root, "package-lock.json"), "utf8")) as Lock;

/** All copies of the package that the lock file installs, nested ones included. */
function lockedVersions(name: string): string[] {
  return Object.entries(lock.packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version = "0.0.0" }]) => version);
}

function isAtLeast(version: string, bound: string): boolean {
  return version.localeCompare(bound, "en", { numeric: true }) >= 0;
}

describe.each(Object.entries(lowest))("%s", (name, bound) => {
  it(`is ${bound} or later wherever it is locked`, () => {
    const versions = lockedVersions(name);
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.filter((version) => !isAtLeast(version, bound))).toEqual([]);
  });

  it(`is ${bound} or later as it is loaded`, () => {
    const entry = createRequire(resolve(root, "gateway/src/main.ts")).resolve(name);
    const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}`) + `node_modules/${name}`.length);
    const { version } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8")) as {
      version: string;
    };
    expect(isAtLeast(version, bound)).toBe(true);
  });
});
