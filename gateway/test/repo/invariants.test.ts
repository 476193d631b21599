import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(resolve(root, "docs/INVARIANTS.md"), "utf8");
const named = [...page.matchAll(/^- `([^`]+)`: "([^"]+)"$/gm)].map(([, file = "", title = ""]) => [
  file,
  title,
]);

describe("the page of invariants", () => {
  it("names a test for each", () => {
    const sections = page.split(/^## /m).slice(1);
    const without = sections.filter((section) => !/^- `test\//m.test(section));
    expect(without).toEqual([]);
    expect(sections.length).toBeGreaterThanOrEqual(7);
    expect(named.length).toBe(page.match(/^- `/gm)?.length);
  });

  it.each(named)("names one that exists: %s, %s", (file = "", title = "") => {
    const path = resolve(root, file);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, "utf8")).toContain(title);
  });
});
