import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(resolve(root, "docs/ARCHITECTURE.md"), "utf8");

const [, table = ""] = /^\| word \|.*\n\|---\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
const entries = [...table.matchAll(/^\| (\w+) \| (.+) \| `([^`]+)` \|$/gm)].map(
  ([, word = "", meaning = "", file = ""]): [string, string, string] => [word, file, meaning],
);

const declarations = /\b(?:class|interface|type|function|const)\s+(\w+)/g;
const members = /^ {2}(?:(?:readonly|get|async)\s+)*#?(\w+)\??[(:;=\s]/gm;

/** The words that the names of a file, its own included, are made of: `RoomMap` is of room and map. */
function wordsOf(file: string): Set<string> {
  const text = readFileSync(resolve(root, "src", file), "utf8");
  const names = [declarations, members].flatMap((form) =>
    [...text.matchAll(form)].map(([, name = ""]) => name),
  );
  return new Set(
    [basename(file, ".ts"), ...names].flatMap((name) => name.match(/[A-Z]?[a-z]+/g) ?? []).map(singular),
  );
}

function singular(word: string): string {
  return word.toLowerCase().replace(/s$/, "");
}

describe("the glossary", () => {
  it("has each word once, in one line", () => {
    expect(entries).toHaveLength(table.trim().split("\n").length);
    expect(entries.length).toBeGreaterThanOrEqual(25);
    expect(new Set(entries.map(([word]) => word)).size).toBe(entries.length);
  });

  it.each(entries)("%s is the name of something in %s", (word, file) => {
    expect([...wordsOf(file)]).toContain(singular(word));
  });
});
