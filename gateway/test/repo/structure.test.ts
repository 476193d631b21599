import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const most = 10;

/** Files that put the parts together, and entries that export them: they import what they name. */
const wiring = [
  "gateway/src/api/resources.ts",
  "gateway/src/api/server.ts",
  "gateway/src/api/services.ts",
  "gateway/src/app.ts",
  "gateway/src/app/clients.ts",
  "gateway/src/app/core.ts",
  "gateway/src/app/servers.ts",
  "gateway/src/backplane/memory/backplane.ts",
  "gateway/src/backplane/redis/backplane.ts",
  "client-miniprogram/src/index.ts",
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`);
}

/** Modules that a file names in imports and re-exports. */
function importsOf(file: string): number {
  const text = readFileSync(join(root, file), "utf8");
  return text.match(/^(?:import "|import\b[^;]*? from "|export\b[^;=]*? from ")/gm)?.length ?? 0;
}

describe("a file", () => {
  const files = [...sources("gateway/src"), ...sources("client-miniprogram/src")];

  it(`imports from at most ${most} others`, () => {
    const counts = files.map((file) => [file, importsOf(file)] as const);
    const found = counts.filter(([file, count]) => count > most && !wiring.includes(file));
    expect(found).toEqual([]);
  });

  it("is excepted only while it is there", () => {
    expect(wiring.filter((file) => !files.includes(file))).toEqual([]);
  });
});

/** The comment at the head of a file, line by line without its frame; empty where the file begins with anything else. */
function openingOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const [, block = ""] = /^\/\*\n((?: \*(?!\/).*\n)+) \*\/\n\n/.exec(text) ?? [];
  return block.split("\n").flatMap((line) => line.replace(/^ \*\s*/, "") || []);
}

describe("a file of the channels room and of the Redis room", () => {
  const files = ["gateway/src/channels", "gateway/src/backplane/redis"].flatMap(sources);

  it("opens with what it owns, who calls it and what breaks without it, in two to six lines", () => {
    const lines = files.map((file) => [file, openingOf(file).length] as const);
    expect(lines.filter(([, count]) => count < 2 || count > 6)).toEqual([]);
  });

  it("says it in words of its own", () => {
    const openings = files.map((file) => openingOf(file).join(" "));
    expect(new Set(openings).size).toBe(files.length);
  });

  it("has at most ten beside it, Lua included", () => {
    const room = join(root, "gateway/src/backplane/redis");
    const folders = readdirSync(room, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const full = folders.map(({ name }) => [name, readdirSync(join(room, name)).length] as const);
    expect(full.filter(([, count]) => count > most)).toEqual([]);
  });

  it("in Lua opens with what it does", () => {
    const scripts = readdirSync(join(root, "gateway/src/backplane/redis"), {
      recursive: true,
      encoding: "utf8",
    })
      .filter((file) => file.endsWith(".lua"))
      .map((file) => readFileSync(join(root, "gateway/src/backplane/redis", file), "utf8"));
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => !/^-- [A-Z]/.test(script))).toEqual([]);
  });
});

it("the table of rooms in ARCHITECTURE names what is in src", () => {
  const page = readFileSync(join(root, "gateway/docs/ARCHITECTURE.md"), "utf8");
  const [, table = ""] = /^\| room \|.*\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const cells = table.split("\n").map((row) => row.split("|")[1] ?? "");
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  const there = readdirSync(join(root, "gateway/src"), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  expect(named.sort()).toEqual(there.sort());
});
