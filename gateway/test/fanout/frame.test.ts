import type { Writable } from "node:stream";
import { expect, it } from "vitest";
import * as ws from "ws";
import {
  binaryFrame,
  encodedTextFrame,
  packetFrames,
  textFrame,
  withoutBinary,
} from "../../src/fanout/frame.ts";
import { decodeFrames, type Frame } from "./frames.ts";

/** The package's types do not know it. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** What a WebSocket library reads out of the bytes. */
async function received(bytes: Buffer, count: number): Promise<Frame[]> {
  const receiver = new Receiver({ isServer: false });
  const frames: Frame[] = [];
  const done = new Promise<Frame[]>((resolve, reject) => {
    receiver.on("error", reject);
    receiver.on("message", (payload: Buffer, isBinary: boolean) => {
      frames.push({ opcode: isBinary ? 2 : 1, payload });
      if (frames.length === count) resolve(frames);
    });
  });
  receiver.write(bytes);
  return done;
}

const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];

it.each(lengths)("carries a text of %i bytes", async (length) => {
  const text = "x".repeat(length);
  expect(await received(textFrame(text), 1)).toEqual([{ opcode: 1, payload: Buffer.from(text) }]);
  expect(encodedTextFrame(Buffer.from(text))).toEqual(textFrame(text));
});

it.each(lengths)("carries %i binary bytes", async (length) => {
  const payload = Buffer.alloc(length, 0xfe);
  expect(await received(binaryFrame(payload), 1)).toEqual([{ opcode: 2, payload }]);
});

it("measures text in bytes", async () => {
  const text = "潮😀".repeat(20);
  expect(await received(textFrame(text), 1)).toEqual([{ opcode: 1, payload: Buffer.from(text) }]);
});

it("has the shortest header that the length allows", () => {
  const headers = [125, 126, 65_535, 65_536].map((length) => textFrame("x".repeat(length)).length - length);
  expect(headers).toEqual([2, 4, 4, 10]);
});

it("puts a packet's attachments right behind it, in their order", async () => {
  const attachments = [Buffer.from([1]), new Uint8Array([2, 3])];
  const bytes = packetFrames('452-["message",{}]', attachments);
  const frames = [
    { opcode: 1, payload: Buffer.from('452-["message",{}]') },
    { opcode: 2, payload: Buffer.from([1]) },
    { opcode: 2, payload: Buffer.from([2, 3]) },
  ];
  expect(await received(bytes, 3)).toEqual(frames);
  expect(decodeFrames(bytes)).toEqual(frames);
  expect(packetFrames(Buffer.from('452-["message",{}]'), attachments)).toEqual(bytes);
});

it.each(lengths)("writes %i binary bytes as base64 for a peer that reads text only", async (length) => {
  const payload = Buffer.alloc(length, 0xfe);
  const frames = Buffer.concat([textFrame("before"), binaryFrame(payload), textFrame("x".repeat(length))]);
  expect(
    decodeFrames(withoutBinary(frames)).map(({ opcode, payload }) => [opcode, payload.toString()]),
  ).toEqual([
    [1, "before"],
    [1, `b${payload.toString("base64")}`],
    [1, "x".repeat(length)],
  ]);
});

it("leaves text as it is for a peer that reads text only", () => {
  const frames = Buffer.concat([textFrame("one"), textFrame("x".repeat(70_000))]);
  expect(withoutBinary(frames)).toBe(frames);
});
