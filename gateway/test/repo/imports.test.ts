import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const src = resolve(import.meta.dirname, "../../src");

/** The rooms from the outermost in. A room imports from its own tier and those below, never from above. */
const tiers = [
  ["main"],
  ["app", "development"],
  ["ops", "transport", "api"],
  ["connection"],
  ["channels"],
  ["hooks"],
  ["backplane", "fanout", "auth"],
  ["protocol", "config"],
  ["errors", "cause", "log", "log-lines", "throttled-log", "meter", "random", "version"],
];

interface Import {
  from: string;
  to: string;
}

function sources(): string[] {
  return readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, target = ""]) => ({
    from: file,
    to: relative(src, resolve(src, dirname(file), target)),
  }));
}

function roomOf(file: string): string {
  return (file.split("/")[0] ?? "").replace(/\.ts$/, "");
}

function tierOf(file: string): number {
  return tiers.findIndex((rooms) => rooms.includes(roomOf(file)));
}

describe("the direction of imports", () => {
  it("knows every room", () => {
    const unknown = sources().filter((file) => tierOf(file) === -1);
    expect(unknown).toEqual([]);
    expect(sources().length).toBeGreaterThan(50);
  });

  it("goes one way", () => {
    const upward = sources()
      .flatMap(importsOf)
      .filter(({ from, to }) => tierOf(to) < tierOf(from));
    expect(upward).toEqual([]);
  });

  it("has no cycle between rooms of one tier", () => {
    const across = sources()
      .flatMap(importsOf)
      .map(({ from, to }) => [roomOf(from), roomOf(to)] as const)
      .filter(([from, to]) => from !== to);
    const pairs = new Set(across.map((pair) => pair.join(" → ")));
    const cycles = across.filter(([from, to]) => pairs.has(`${to} → ${from}`));
    expect(cycles).toEqual([]);
  });
});
