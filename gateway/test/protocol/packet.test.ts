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
