import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en } from "../src/words/en.ts";

/** What stood on each picture when it was made: see `scripts/pictures.ts`. */
const read = (name: string): string[] =>
  JSON.parse(readFileSync(new URL(`pictures/${name}.json`, import.meta.url), "utf8"));
const fileOf = (name: string) => new URL(`../../gateway/docs/${name}.png`, import.meta.url);

const { rooms } = en;
const navigation = Object.values(rooms);
const t = en.fleet;

describe.each([
  [
    "console-try",
    [
      ...[
        en.try.title,
        en.try.phone("ann"),
        en.try.phone("bob"),
        en.try.backend,
        en.try.channel,
        en.try.data,
      ],
      ...[en.try.hide, en.try.unhide, en.try.freeze, en.try.kill, en.try.toMobile, en.try.airplane],
    ],
  ],
  [
    "console-fleet",
    [
      ...[t.title, t.deliveries, t.publishing, t.latency, t.node, t.state, t.load, t.loop, t.memory, t.redis],
      ...[t.uptime, t.version, "gateway-0", "gateway-1", "gateway-2"],
    ],
  ],
])("%s.png", (name, expected) => {
  it("is of today's page", () => {
    const labels = read(name);
    for (const text of [...navigation, ...expected]) expect(labels).toContain(text);
  });

  it("is a picture of twice the points, below 300 KB, with no key on it", () => {
    const bytes = readFileSync(fileOf(name));
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(bytes.readUInt32BE(16)).toBeGreaterThanOrEqual(2_000);
    expect(statSync(fileOf(name)).size).toBeLessThan(300_000);
    expect(read(name).join()).not.toMatch(/bench-key/);
  });

  it("is in both READMEs, the Try room before the Fleet room", () => {
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      const text = readFileSync(new URL(`../../${readme}`, import.meta.url), "utf8");
      const [first, second] = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path);
      expect([first, second]).toEqual(["gateway/docs/console-try.png", "gateway/docs/console-fleet.png"]);
    }
  });
});
