import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/auth/patterns.ts";

/** The definition of a pattern, tried out in every way. */
function matchesNaively(pattern: string, name: string): boolean {
  if (pattern === "") return name === "";
  if (!pattern.startsWith("*"))
    return name[0] === pattern[0] && matchesNaively(pattern.slice(1), name.slice(1));
  const star = pattern.startsWith("**") ? "**" : "*";
  const rest = pattern.slice(star.length);
  for (let end = 0; end <= name.length; end++) {
    if (star === "*" && name.slice(0, end).includes(":")) return false;
    if (matchesNaively(rest, name.slice(end))) return true;
  }
  return false;
}

const short = (characters: string[], maxLength: number) =>
  string({ unit: constantFrom(...characters), maxLength });

describe("a pattern", () => {
  it.each([
    ["chat", "chat", true],
    ["chat", "chat1", false],
    ["chat:*", "chat:42", true],
    ["chat:*", "chat:", true],
    ["chat:*", "chat:42:b", false],
    ["chat:**", "chat:42:b", true],
    ["chat:**", "chatter", false],
    ["*", "chat", true],
    ["*", "chat:1", false],
    ["**", "chat:1", true],
    ["*:log", "chat:log", true],
    ["a:*:c", "a:b:c", true],
    ["a:*:c", "a:b:b:c", false],
    ["a:**:c", "a:b:b:c", true],
    ["a:***", "a:b:c", true],
    ["*a*b", "xaxbxb", true],
    ["**:*x", "a:b:cx", true],
    ["**:*x", "a:b:cx:y", false],
    ["客*:👩‍👧", "客服:👩‍👧", true],
  ])("%s on %s: %s", (pattern, name, expected) => {
    expect(compilePattern(pattern)(name)).toBe(expected);
  });

  it.each([".", "a+", "[ab]", "^a$", "a|b", "(a)", "\\w", "?", "a{2}"])("takes %s literally", (text) => {
    expect(compilePattern(text)(text)).toBe(true);
    expect(compilePattern(`${text}*`)(`${text}rest`)).toBe(true);
    for (const other of ["a", "b", "aa", "x"]) expect(compilePattern(text)(other)).toBe(false);
  });

  it("matches what its definition matches", () => {
    const pattern = short(["*", "*", "a", "b", ":"], 8);
    const name = short(["a", "b", ":"], 8);
    assert(
      property(pattern, name, (written, text) => {
        expect(compilePattern(written)(text)).toBe(matchesNaively(written, text));
      }),
      { numRuns: 5000 },
    );
  });

  it("answers the same however often it is asked", () => {
    const matches = compilePattern("*a**b");
    const names = ["ab", "x", "a:b", "b", "ab"];
    expect([...names, ...names].map(matches)).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  // A matcher that backtracks would not come back from these.
  it.each(["*a", "**a", "*a**a", "*", "**:*"])("of many %s is decided", (unit) => {
    const pattern = unit.repeat(Math.floor(254 / unit.length));
    const name = "a".repeat(255);
    expect(compilePattern(`${pattern}b`)(name)).toBe(false);
    expect(compilePattern(`${pattern}**`)(`${name}${":a".repeat(255)}`)).toBe(true);
  });
});
