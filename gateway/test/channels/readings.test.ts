import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { HistoryPage, HistoryRead } from "../../src/backplane/ports.ts";
import { Feed } from "../../src/channels/feed.ts";
import { Readings } from "../../src/channels/readings.ts";
import { lasting, rule } from "./node.ts";
import { noRooms } from "./rooms.ts";

const policy = { ...rule("a"), personal: false, rule: 0 };
const top = { epoch: "e", offset: 4 };
const page: HistoryPage = { top, reached: true, entries: [], more: false };
const budget = { messages: 300, bytes: 1_000, attachments: 10 };
let calls: HistoryRead[][];
let answer: (reads: readonly HistoryRead[]) => Promise<HistoryPage[]>;
let readings: Readings;
let feed: Feed;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  calls = [];
  answer = async (reads) => reads.map(() => page);
  readings = new Readings({
    read(reads) {
      calls.push([...reads]);
      return answer(reads);
    },
  });
  feed = new Feed("a", policy, noRooms);
});

afterEach(() => {
  vi.useRealTimers();
});

const want = (offset: number, of = feed) => ({ feed: of, retention: lasting, from: { epoch: "e", offset } });

function delivery(offset: number) {
  const position = { epoch: "e", offset };
  return { channel: "a", packet: `message ${offset}`, attachments: [], except: [], position };
}

it("shares one read among those who ask for the same, with all that has come since", async () => {
  const [first] = readings.take([want(2)], budget);
  feed.advance(delivery(5));
  const [second] = readings.take([want(2)], budget);
  expect(second).toBe(first);
  expect(await first?.page).toBe(page);
  if (first) readings.release(first);
  feed.advance(delivery(6));
  expect(second?.tap.deliveries.map(({ position }) => position?.offset)).toEqual([5, 6]);
  expect(calls).toHaveLength(1);
});

it("makes one call for all that is not shared", () => {
  const other = new Feed("b", policy, noRooms);
  readings.take([want(2)], budget);
  readings.take([want(2), want(3), want(2, other)], budget);
  expect(calls.map((reads) => reads.map(({ channel, from }) => [channel, from]))).toEqual([
    [["a", { epoch: "e", offset: 2 }]],
    [
      ["a", { epoch: "e", offset: 3 }],
      ["b", { epoch: "e", offset: 2 }],
    ],
  ]);
});

it("reads anew after a second, and notes no more for nobody", () => {
  const [first] = readings.take([want(2)], budget);
  if (first) readings.release(first);
  vi.advanceTimersByTime(999);
  readings.take([want(2)], budget).forEach((reading) => {
    readings.release(reading);
  });
  expect(calls).toHaveLength(1);
  vi.advanceTimersByTime(1);
  feed.advance(delivery(5));
  expect(first?.tap.deliveries).toEqual([]);
  readings.take([want(2)], budget);
  expect(calls).toHaveLength(2);
});

it("goes on noting for who still needs it", () => {
  const [first] = readings.take([want(2)], budget);
  vi.advanceTimersByTime(5_000);
  feed.advance(delivery(5));
  expect(first?.tap.deliveries).toHaveLength(1);
  if (first) readings.release(first);
  feed.advance(delivery(6));
  expect(first?.tap.deliveries).toHaveLength(1);
});

it("reads anew where the channel was let go meanwhile, where it is told to, and after a failure", async () => {
  readings.take([want(2)], budget);
  const [again] = readings.take([want(2, new Feed("a", policy, noRooms))], budget);
  expect(calls).toHaveLength(2);
  if (again) readings.forget(again);
  answer = () => Promise.reject(new Error("no Redis"));
  const [failing] = readings.take([want(2)], budget);
  await expect(failing?.page).rejects.toThrow("no Redis");
  answer = async () => [page];
  expect(await readings.take([want(2)], budget)[0]?.page).toBe(page);
  expect(calls).toHaveLength(4);
});

it("keeps no more than 256 for others", () => {
  for (let offset = 0; offset < 257; offset += 1) readings.take([want(offset)], budget);
  readings.take([want(1)], budget);
  expect(calls).toHaveLength(257);
  readings.take([want(0)], budget);
  expect(calls).toHaveLength(258);
});

it("shares none with whoever takes less at once", () => {
  readings.take([want(2)], budget);
  readings.take([want(2)], { ...budget, bytes: 500 });
  expect(calls).toHaveLength(2);
});
