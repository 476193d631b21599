import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type BatchEntry, batchEntry } from "../../src/fanout/batch.ts";
import { Conflation } from "../../src/fanout/conflation.ts";
import { numbered, summary } from "./messages.ts";

const interval = 200;
let sent: { room: string; entry: BatchEntry }[];
let dropped: number;
let conflation: Conflation;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  dropped = 0;
  conflation = new Conflation({
    send: (room, entry) => void sent.push({ room, entry }),
    onDropped: (messages) => {
      dropped += messages;
    },
  });
});

afterEach(() => {
  conflation.stop();
  vi.useRealTimers();
});

function offer(offset: number, room = "room"): void {
  conflation.offer(room, batchEntry(numbered(offset)), interval);
}

const values = () => sent.flatMap(({ entry }) => summary(entry.message.in("socketio")));

it("sends the first message at once", () => {
  offer(1);
  expect(values()).toEqual(["1"]);
});

it("sends the newest when the interval is over, and nothing between", () => {
  for (const offset of [1, 2, 3, 4]) offer(offset);
  vi.advanceTimersByTime(interval - 1);
  expect(values()).toEqual(["1"]);
  vi.advanceTimersByTime(1);
  expect(values()).toEqual(["1", "4"]);
  expect(dropped).toBe(2);
});

it("sends at most one message in an interval, and the last one always", () => {
  for (let offset = 1; offset <= 100; offset += 1) {
    offer(offset);
    vi.advanceTimersByTime(30);
  }
  vi.advanceTimersByTime(interval);
  expect(values().at(-1)).toBe("100");
  expect(sent.length).toBeLessThanOrEqual(Math.floor((100 * 30) / interval) + 2);
  expect(sent.length + dropped).toBe(100);
});

it("sends at once again after an interval without messages", () => {
  offer(1);
  vi.advanceTimersByTime(interval);
  offer(2);
  expect(values()).toEqual(["1", "2"]);
});

it("keeps the pace also after a message that was held", () => {
  offer(1);
  offer(2);
  vi.advanceTimersByTime(interval);
  offer(3);
  expect(values()).toEqual(["1", "2"]);
  vi.advanceTimersByTime(interval);
  expect(values()).toEqual(["1", "2", "3"]);
});

it("paces each room by itself", () => {
  offer(1, "a");
  offer(2, "b");
  expect(sent.map(({ room }) => room)).toEqual(["a", "b"]);
});

it("does not send a newcomer the held value, but every later one", () => {
  offer(1);
  offer(2);
  conflation.excludeFromHeld("room", "newcomer");
  vi.advanceTimersByTime(interval);
  offer(3);
  vi.advanceTimersByTime(interval);
  expect(sent.map(({ entry }) => entry.except)).toEqual([[], ["newcomer"], []]);
});

it("leaves a newcomer in a room that holds nothing alone", () => {
  offer(1);
  conflation.excludeFromHeld("room", "newcomer");
  offer(2);
  vi.advanceTimersByTime(interval);
  expect(sent.map(({ entry }) => entry.except)).toEqual([[], []]);
});

it("forgets a room with its timer", () => {
  offer(1);
  offer(2);
  conflation.forget("room");
  expect(vi.getTimerCount()).toBe(0);
  offer(3);
  expect(values()).toEqual(["1", "3"]);
});

it("keeps no timer for a room in which nothing happens", () => {
  offer(1);
  vi.advanceTimersByTime(interval);
  expect(vi.getTimerCount()).toBe(0);
});
