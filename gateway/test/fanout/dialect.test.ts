import { describe, expect, it } from "vitest";
import { FramedPacket } from "../../src/fanout/batch.ts";
import { type Dialect, framesOf } from "../../src/fanout/dialect.ts";
import { decodeFrames } from "./frames.ts";

function said(dialect: Dialect, packet: string, ...attachments: Buffer[]): (string | Buffer)[] {
  const forms = [packet, Buffer.from(packet)].map((form) =>
    decodeFrames(framesOf(dialect, form, attachments)).map(({ opcode, payload }) =>
      opcode === 1 ? payload.toString() : payload,
    ),
  );
  // As text or as bytes, a packet is the same.
  expect(forms[1]).toEqual(forms[0]);
  return forms[0] ?? [];
}

const message = (data: string) => `42["message",{"channel":"c","data":${data},"time":1}]`;
const place = (num: number) => `{"_placeholder":true,"num":${num}}`;
const binaryMessage = (data: string, count = 1) =>
  `45${count}-["message",{"channel":"c","data":${data},"time":1}]`;

describe("in JSON arrays, a packet", () => {
  it("is what stands behind its type", () => {
    expect(said("json", message('"ü[1]"'))).toEqual(['["message",{"channel":"c","data":"ü[1]","time":1}]']);
    expect(said("json", '42["joined",{"channel":"c","user":"ann"}]')).toEqual([
      '["joined",{"channel":"c","user":"ann"}]',
    ]);
  });

  it.each([
    ['42[5,{"ok":true}]', '["5",{"ok":true}]'],
    ["42[-1.5]", '["-1.5"]'],
    ['42["5",1]', '["5",1]'],
    ['4213[0,"[1]"]', '["0","[1]"]'],
  ])("of %s begins with a text, since a number would make an answer of it", (packet, array) => {
    expect(said("json", packet)).toEqual([array]);
  });

  it("whose name is a number has its binary values too", () => {
    expect(said("json", `451-[5,${place(0)}]`, Buffer.from("hi"))).toEqual(['["5",{"_binary":"aGk="}]']);
  });

  it("has its binary values in it", () => {
    const text = binaryMessage(`[${place(0)},${place(1)}]`, 2);
    expect(said("json", text, Buffer.from("hi"), Buffer.of(0))).toEqual([
      '["message",{"channel":"c","data":[{"_binary":"aGk="},{"_binary":"AA=="}],"time":1}]',
    ]);
  });
});

describe("in text, a packet", () => {
  it.each([
    ['"a text"', "a text"],
    ['""', ""],
    ['"{\\"a\\":1}"', '{"a":1}'],
    ['{"a":[1,null]}', '{"a":[1,null]}'],
    ["null", "null"],
    ["1", "1"],
    ["false", "false"],
  ])("with %s is its data", (data, text) => {
    expect(said("text", message(data))).toEqual([text]);
  });

  it("with a binary value alone is that, and else has it in its JSON", () => {
    expect(said("text", binaryMessage(place(0)), Buffer.from("hi"))).toEqual([Buffer.from("hi")]);
    expect(said("text", binaryMessage(`{"a":${place(0)}}`), Buffer.from("hi"))).toEqual([
      '{"a":{"_binary":"aGk="}}',
    ]);
  });

  it.each([
    '42["joined",{"channel":"c","user":"ann"}]',
    '42["message","text"]',
    '42["message",{"channel":"c"}]',
    '42["message"]',
  ])("that is no message is nothing: %s", (packet) => {
    expect(said("text", packet)).toEqual([]);
  });
});

it("is written once in each dialect, and only where somebody asks", () => {
  const packet = new FramedPacket(message('"hi"'));
  expect(packet.in("json")).toBe(packet.in("json"));
  expect(packet.in("text")).not.toBe(packet.in("json"));
  expect(packet.in("socketio").subarray(2).toString()).toBe(message('"hi"'));
});
