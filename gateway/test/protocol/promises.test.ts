import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { tokenLeeway } from "../../src/auth/claims.ts";
import { idempotencyLifetime } from "../../src/backplane/ports.ts";
import { pageLimit } from "../../src/protocol/request-schemas.ts";

const page = (name: string) => readFileSync(resolve(import.meta.dirname, "../../docs", name), "utf8");

describe.each(["PROTOCOL.md", "HTTP-API.md"])("what %s promises", (name) => {
  it("of an id is what the gateway keeps", () => {
    const promises = [...page(name).matchAll(/for (\d+) minutes,? the same id/g)];
    expect(promises.map(([, minutes]) => Number(minutes) * 60_000)).toEqual([idempotencyLifetime]);
  });

  it("of a page without a limit is what the gateway gives", () => {
    const promises = [...page(name).matchAll(/limit`[^.\n]*? (\d+) (?:unless given|where absent)/g)];
    expect(promises.length).toBeGreaterThan(1);
    expect(new Set(promises.map(([, count]) => Number(count)))).toEqual(new Set([pageLimit.usual]));
  });
});

it("the leeway that PROTOCOL promises is the one that tokens get", () => {
  const [, seconds] = /Clocks may differ by (\d+) s/.exec(page("PROTOCOL.md")) ?? [];
  expect(Number(seconds) * 1_000).toBe(tokenLeeway);
});
