import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const most = 10;

/** Files that put the parts together, and entries that export them: they import what they name. */
const wiring = [
  "gateway/src/api/server.ts",
  "gateway/src/api/services.ts",
  "gateway/src/app.ts",
  "gateway/src/app/clients.ts",
  "gateway/src/app/servers.ts",
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
