import { beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "../../../../src/backplane/ports.ts";
import { Topic } from "../../../../src/backplane/redis/pubsub/topic.ts";
import { lasting } from "../../../contract/harness.ts";

const epoch = "0123456789abcdef0123";
const at = (offset: number, of = epoch) => ({ epoch: of, offset });

let topic: Topic;
let told: string[];
let gaps: string[];

beforeEach(() => {
  told = [];
  gaps = [];
  const sink = { receive: ({ position }: Delivery) => void told.push(String(position?.offset)) };
  topic = new Topic(
    { channel: "room", name: "name", retention: lasting, sink },
    {
      lost: () => void told.push("lost"),
      repair: () => void told.push("repair"),
      foreign: () => void told.push("foreign"),
      malformed: () => void told.push("malformed"),
      gap: (result) => void gaps.push(result),
    },
  );
});

const hear = (offset: number, of = epoch) =>
  topic.receive(Buffer.from(`\x01${of}:${offset}\n\0\0\0\0\0\0\0\x0042[]`, "latin1"));

const page = (from: number, to: number, more = false, reached = true) => ({
  top: at(to),
  reached,
  more,
  entries: Array.from({ length: reached ? to - from + 1 : 0 }, (_, index) => ({
    position: at(from + index),
    packet: Buffer.from("42[]"),
    attachments: [],
    except: [],
  })),
});

describe("a topic", () => {
  it("hands on what follows, once", () => {
    topic.compare(at(4), undefined);
    for (const offset of [3, 4, 5, 5, 6]) hear(offset);
    expect(told).toEqual(["5", "6"]);
  });

  it("holds what is behind a hole until the hole is read", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 4, 5]) hear(offset);
    expect(told).toEqual(["1", "repair"]);
    expect(topic.fill(page(2, 4))).toBe(false);
    hear(6);
    expect(told).toEqual(["1", "repair", "2", "3", "4", "5", "6"]);
  });

  it("drops what is beyond the channel's top, which no node has published, and goes on", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 1_000_000, 2]) hear(offset);
    expect(topic.fill(page(2, 2))).toBe(false);
    hear(3);
    expect(told).toEqual(["1", "repair", "2", "malformed", "3"]);
    expect(gaps).toEqual(["found", "repaired"]);
  });

  it("reads once for each such message", () => {
    topic.compare(at(1), undefined);
    for (const offset of [500, 600]) hear(offset);
    expect(topic.fill(page(2, 1))).toBe(true);
    expect(topic.fill(page(2, 1))).toBe(false);
    expect(told).toEqual(["repair", "malformed", "repair", "malformed"]);
  });

  it("keeps what an emitter sends in its place behind a hole", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 3]) hear(offset);
    topic.receive(Buffer.from("\x93", "latin1"));
    hear(4);
    expect(told).toEqual(["1", "repair"]);
    topic.fill(page(2, 2));
    topic.receive(Buffer.from("\x93", "latin1"));
    expect(told).toEqual(["1", "repair", "2", "3", "foreign", "4", "foreign"]);
  });

  it("reads on while a page is not the last one", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 6]) hear(offset);
    expect(topic.fill(page(2, 3, true))).toBe(true);
    expect(topic.missing?.from).toEqual(at(3));
    expect(topic.fill(page(4, 5))).toBe(false);
    expect(told).toEqual(["1", "repair", "2", "3", "4", "5", "6"]);
  });

  it("reads again where a page left a hole before what was held", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 3, 7, 8]) hear(offset);
    expect(topic.fill(page(2, 4))).toBe(true);
    expect(topic.fill(page(5, 6))).toBe(false);
    expect(told).toEqual(["1", "repair", "2", "3", "4", "repair", "5", "6", "7", "8"]);
    expect(gaps).toEqual(["found", "repaired", "found", "repaired"]);
  });

  it("says once what history does not cover, and goes on behind it", () => {
    topic.compare(at(0), undefined);
    for (const offset of [1, 9]) hear(offset);
    expect(topic.fill(page(0, 8, false, false))).toBe(false);
    hear(10);
    expect(told).toEqual(["1", "repair", "lost", "9", "10"]);
    expect(gaps).toEqual(["found", "lost"]);
  });

  it("says that another epoch has begun, before its first message", () => {
    topic.compare(at(7), undefined);
    hear(1, "f".repeat(20));
    hear(2, "f".repeat(20));
    expect(told).toEqual(["lost", "1", "2"]);
    expect(gaps).toEqual(["lost"]);
  });

  it("has what is missing read when it is compared, and says that another epoch has begun", () => {
    topic.compare(at(1), undefined);
    topic.compare(at(1), epoch);
    expect(told).toEqual([]);
    topic.compare(at(3), epoch);
    topic.fill(page(2, 3));
    topic.compare(at(3, "f".repeat(20)), epoch);
    expect(told).toEqual(["repair", "2", "3", "lost"]);
  });

  it("is not thrown back by an answer that messages have overtaken", () => {
    hear(5);
    topic.compare(at(4), undefined);
    hear(6);
    topic.compare(at(5), epoch);
    hear(1, "f".repeat(20));
    topic.compare(at(6), epoch);
    hear(2, "f".repeat(20));
    expect(told).toEqual(["5", "6", "lost", "1", "2"]);
  });

  it("reads again what did not fit while a hole was read", () => {
    topic.compare(at(0), undefined);
    for (let offset = 2; offset <= 1_500; offset += 1) hear(offset);
    expect(topic.fill(page(1, 1))).toBe(true);
    expect(topic.missing?.from).toEqual(at(1_001));
    expect(topic.fill(page(1_002, 1_500))).toBe(false);
    expect(told).toEqual(["repair", ...Array.from({ length: 1_500 }, (_, index) => String(index + 1))]);
  });
});
