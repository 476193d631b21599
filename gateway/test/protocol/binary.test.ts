import { describe, expect, it } from "vitest";
import { countBinary, extractBinary, inlineBinary } from "../../src/protocol/binary.ts";

const parsed = (text: string) => extractBinary(JSON.parse(text));

describe("a binary value in JSON", () => {
  it("is taken from its place, wherever that is", () => {
    expect(parsed('{"_binary":"AP8="}')).toEqual(Buffer.from([0, 255]));
    expect(parsed('[1,{"a":{"_binary":""},"b":"x"},null]')).toEqual([
      1,
      { a: Buffer.alloc(0), b: "x" },
      null,
    ]);
  });

  it("named __proto__ is a member like any other", () => {
    const value = parsed('{"a":{"__proto__":{"_binary":"aGk="},"b":1}}') as { a: object };
    expect(Object.getPrototypeOf(value.a)).toBe(Object.prototype);
    expect(Object.entries(value.a)).toEqual([
      ["__proto__", Buffer.from("hi")],
      ["b", 1],
    ]);
  });

  it.each([
    '{"_binary":"A"}',
    '{"_binary":"AA=A"}',
    '{"_binary":"AP8"}',
    '{"_binary":"A P8="}',
    '{"_binary":"AP8=","b":1}',
  ])("is not %s, which cannot be published", (text) => {
    expect(parsed(text)).toEqual(JSON.parse(text));
    expect(() => countBinary([JSON.parse(text)])).toThrow("`_binary`");
  });

  it("is not an object whose member of that name is something else", () => {
    expect(countBinary({ _binary: 1, a: { _binary: null } })).toBe(0);
  });

  it("is written in the place that a packet's text has for it", () => {
    const text = '{"data":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]}';
    const attachments = [Buffer.from("hi"), new Uint8Array([0, 0, 255]).subarray(1)];
    expect(inlineBinary(text, attachments)).toBe('{"data":[{"_binary":"AP8="},{"_binary":"aGk="}]}');
  });

  it("is not written where there is none", () => {
    const text = '{"data":"{\\"_placeholder\\":true,\\"num\\":0}","b":{"_placeholder":true,"num":7}}';
    expect(inlineBinary(text, [Buffer.from("hi")])).toBe(text);
    expect(inlineBinary(text, [])).toBe(text);
  });
});
