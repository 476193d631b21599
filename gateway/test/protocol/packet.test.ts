import { describe, expect, it } from "vitest";
import { completePacket, encodeHead, publishedAt } from "../../src/protocol/packet.ts";

const time = 1_795_377_193_257;
const position = { epoch: "0123456789abcdef0123", offset: Number.MAX_SAFE_INTEGER };

describe("the time of a publication", () => {
  it.each([
    ["with a position", position],
    ["without one", undefined],
  ])("is read from a packet %s, as text and as bytes", (_name, at) => {
    const data = { text: "ü".repeat(500), blob: Buffer.from("x") };
    const { head } = encodeHead("message", { channel: "c", data, user: "ann", time });
    const packet = completePacket(head, at);
    expect(publishedAt(packet)).toBe(time);
    expect(publishedAt(Buffer.from(packet))).toBe(time);
    expect(publishedAt(new Uint8Array(Buffer.from(packet)))).toBe(time);
  });

  it("is not taken from what a publisher or a token says", () => {
    const data = { time: 1_111_111_111_111 };
    const { head } = encodeHead("message", { channel: "c", data, time });
    expect(publishedAt(completePacket(head, undefined))).toBe(time);
    const joined = encodeHead("joined", { channel: "c", user: "ann", info: data });
    expect(publishedAt(completePacket(joined.head, undefined))).toBeUndefined();
    expect(publishedAt("42[]")).toBeUndefined();
  });
});

describe("half a character", () => {
  it.each([
    ["the first half", "cut \ud83d", "cut \ufffd"],
    ["the second half", "\ude00 cut", "\ufffd cut"],
    ["both, in the wrong order", "\ude00\ud83d", "\ufffd\ufffd"],
    ["a whole one beside it", "\ud83d\ude00\ud83d", "\ud83d\ude00\ufffd"],
    ["its escape as text", "\\ud83d", "\\ud83d"],
    ["behind a backslash", "\\\ud83d", "\\\ufffd"],
    ["beside other escapes", '\n"\u0001\ud83d', '\n"\u0001\ufffd'],
  ])("in data becomes the sign for it: %s", (_name, text, expected) => {
    for (const data of [{ text }, { [text]: [text], blob: Buffer.from("x") }]) {
      const { head } = encodeHead("message", { channel: "c", data, time });
      const packet = completePacket(head, undefined);
      const [, payload] = JSON.parse(packet.slice(packet.indexOf("["))) as [string, { data: object }];
      expect(JSON.stringify(payload.data)).toContain(JSON.stringify(expected));
      expect(packet.isWellFormed()).toBe(true);
      expect(JSON.stringify(payload)).not.toMatch(/[^\\](\\\\)*\\ud/);
    }
  });
});
