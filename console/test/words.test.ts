import { describe, expect, it } from "vitest";
import { en } from "../src/words/en.ts";
import { zh } from "../src/words/zh.ts";

/** Every text of a language by its place; functions as they speak with examples for what they are given. */
function textsOf(words: object, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([name, value]): [string, string][] => {
    const at = path === "" ? name : `${path}.${name}`;
    if (typeof value === "string") return [[at, value]];
    if (typeof value === "function") return [[at, String(value(7, 8, 9))]];
    return textsOf(value, at);
  });
}

/** What is the same in both: names, and what only carries a value. */
const shared =
  /^(?:otherLanguage|keyLabel|try\.(?:toMobile|toWifi)|try\.logged\.refused|fleet\.(?:redis|redisLag))$/;

describe("the words", () => {
  it("are the same ones in both languages", () => {
    expect(textsOf(zh).map(([place]) => place)).toEqual(textsOf(en).map(([place]) => place));
  });

  it("are Chinese in Chinese, with Chinese punctuation, and say what they are given", () => {
    const english = new Map(textsOf(en));
    for (const [place, text] of textsOf(zh)) {
      if (!shared.test(place)) expect(text, place).not.toBe(english.get(place));
      expect(text, place).not.toMatch(/\p{Script=Han}[,;!?]/u);
      for (const digit of english.get(place)?.match(/[789]/g) ?? []) expect(text, place).toContain(digit);
    }
  });

  it("are English in English", () => {
    for (const [place, text] of textsOf(en)) {
      if (place !== "otherLanguage") expect(text, place).not.toMatch(/\p{Script=Han}/u);
    }
  });
});
