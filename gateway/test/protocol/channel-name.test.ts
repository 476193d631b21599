import { describe, expect, it } from "vitest";
import { isUserId } from "../../src/auth/permissions.ts";
import { isChannelName, ownerOf, personalChannel } from "../../src/protocol/channel-name.ts";

const isName = (name: string) => isChannelName(name, 255);

const unfit = {
  space: "a b",
  tab: "a\tb",
  "line feed at the end": "a\n",
  NUL: "a\u0000",
  DEL: "a\u007f",
  "C1 control": "a\u0085b",
  "no-break space": "a\u00a0b",
  "ideographic space": "a\u3000b",
  "line separator": "a\u2028b",
  "byte order mark": "\ufeffa",
  "zero-width space": "a\u200bb",
  "word joiner": "a\u2060b",
  "right-to-left override": "a\u202eb",
  "high surrogate alone": "a\ud83d",
  "low surrogate alone": "\ude00a",
};

describe("channel names", () => {
  it.each([
    "a",
    "chat:42",
    "客服:一号",
    "room:👩‍👩‍👧",
    "می‌خواهم",
    "a}b",
    "a/b*c?",
    "__proto__",
    "-".repeat(21),
  ])("are of any letters: %s", (name) => expect(isName(name)).toBe(true));

  it.each(Object.entries(unfit))("have no %s", (_what, name) => expect(isName(name)).toBe(false));

  it("are not empty and do not begin with a brace", () => {
    expect(isName("")).toBe(false);
    expect(isName("}a")).toBe(false);
  });

  it("are not in the shape of a socket id", () => {
    expect(isName("AZaz09_-AZaz09_-AZaz")).toBe(false);
    expect(isName("AZaz09_-AZaz09_-AZa")).toBe(true);
    expect(isName("AZaz09_-AZaz09_-AZa:")).toBe(true);
  });

  it("are measured in bytes", () => {
    expect(isName("a".repeat(255))).toBe(true);
    expect(isName("a".repeat(256))).toBe(false);
    expect(isName("频".repeat(85))).toBe(true);
    expect(isName(`${"频".repeat(85)}a`)).toBe(false);
    expect(isChannelName("abcde", 4)).toBe(false);
  });
});

describe("user ids", () => {
  it("are 1 to 240 bytes", () => {
    expect(isUserId("")).toBe(false);
    expect(isUserId("u".repeat(240))).toBe(true);
    expect(isUserId("u".repeat(241))).toBe(false);
    expect(isUserId("频".repeat(80))).toBe(true);
    expect(isUserId("频".repeat(81))).toBe(false);
  });

  it.each(Object.entries(unfit))("have no %s", (_what, id) => expect(isUserId(id)).toBe(false));

  it("do not pass for an anonymous user's", () => {
    expect(isUserId("anon:1")).toBe(false);
    expect(isUserId("anon")).toBe(true);
  });

  it("give a channel's name, whatever their shape", () => {
    for (const id of ["AZaz09_-AZaz09_-AZaz", "}", "user:x", "u".repeat(240)]) {
      expect(isUserId(id)).toBe(true);
      expect(isName(personalChannel(id))).toBe(true);
    }
  });
});

describe("personal channels", () => {
  it.each(["ann", "user:x", "anon:c1", "a:b"])("belong to their user: %s", (user) => {
    expect(ownerOf(personalChannel(user))).toBe(user);
  });

  it.each(["user:", "user", "chat:user:ann", "User:ann"])("are no other channels: %s", (channel) => {
    expect(ownerOf(channel)).toBeUndefined();
  });
});
