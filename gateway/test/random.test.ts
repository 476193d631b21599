import { describe, expect, it } from "vitest";
import { randomText } from "../src/random.ts";

describe("random text", () => {
  it("has as many bytes as were asked for, in the encoding", () => {
    expect(randomText(6, "hex")).toMatch(/^[0-9a-f]{12}$/);
    expect(randomText(15, "base64url")).toMatch(/^[A-Za-z0-9_-]{20}$/);
    expect(randomText(4_096, "hex")).toHaveLength(8_192);
  });

  it("never repeats, also where the pool is filled anew in between", () => {
    const texts = Array.from({ length: 20_000 }, () => randomText(15, "base64url"));
    expect(new Set(texts).size).toBe(texts.length);
  });
});
