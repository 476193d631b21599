import { expect, it } from "vitest";
import { Batch, batchEntry, type RoomMessage } from "../../src/fanout/batch.ts";
import { decodeEvents } from "./frames.ts";
import { numbered, summary } from "./messages.ts";

function batchOf(...messages: RoomMessage[]): Batch {
  const batch = new Batch();
  for (const message of messages) batch.add(batchEntry(message));
  return batch;
}

it("is one buffer with all messages in their order", () => {
  const batch = batchOf(numbered(1), numbered(2), numbered(3));
  expect(batch.size).toBe(3);
  expect(summary(batch.forAll("socketio").frames)).toEqual(["1", "2", "3"]);
});

it("of one message is that message's frames, not a copy", () => {
  const entry = batchEntry(numbered(1));
  const batch = new Batch();
  batch.add(entry);
  expect(batch.forAll("socketio").frames).toBe(entry.message.in("socketio"));
});

it("has the position, in its place, for whoever is left out of a message", () => {
  const batch = batchOf(numbered(1), numbered(2, { except: ["me", "you"] }), numbered(3));
  expect(batch.excludes("me")).toBe(true);
  expect(batch.excludes("another")).toBe(false);
  const { frames, messages } = batch.forOne("me", "socketio");
  expect(summary(frames)).toEqual(["1", "position 2", "3"]);
  expect(messages).toBe(2);
  expect(summary(batch.forAll("socketio").frames)).toEqual(["1", "2", "3"]);
});

it("names channel and position in a notice", () => {
  const batch = batchOf(numbered(7, { channel: 'a"b', except: ["me"] }));
  expect(decodeEvents(batch.forOne("me", "socketio").frames)).toEqual([
    { event: "position", payload: { channel: 'a"b', position: "e:7" }, attachments: [] },
  ]);
});

it("has nothing for whoever is left out of a message without a position", () => {
  const { position, ...unstored } = numbered(1, { except: ["me"] });
  expect(position).toBeDefined();
  expect(batchOf(unstored).forOne("me", "socketio")).toEqual({ frames: Buffer.alloc(0), messages: 0 });
});

it("keeps the attachments of each message behind it", () => {
  const packet = '451-["message",{"data":{"_placeholder":true,"num":0}}]';
  const blob = Buffer.from([1]);
  const batch = batchOf(numbered(1), numbered(2, { packet, attachments: [blob] }), numbered(3));
  expect(decodeEvents(batch.forAll("socketio").frames).map(({ attachments }) => attachments)).toEqual([
    [],
    [blob],
    [],
  ]);
});
