import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DeliverySink } from "../../src/backplane/ports.ts";
import { Feeds } from "../../src/channels/feeds.ts";
import { Failure } from "../../src/errors.ts";
import { lasting, rule, TestNode } from "./node.ts";
import { RecordingRooms } from "./rooms.ts";

const policy = { ...rule("a"), personal: false, rule: 0 };
let rooms: RecordingRooms;
let calls: string[];
let sinks: DeliverySink[];
let subscribed: () => Promise<undefined>;
let feeds: Feeds;

beforeEach(() => {
  rooms = new RecordingRooms();
  calls = [];
  sinks = [];
  subscribed = async () => undefined;
  const broker = {
    subscribe(channel: string, _retention: unknown, sink: DeliverySink) {
      calls.push(`subscribe ${channel}`);
      sinks.push(sink);
      return subscribed();
    },
    unsubscribe: (channel: string) => void calls.push(`unsubscribe ${channel}`),
  };
  feeds = new Feeds({ broker, rooms, policyOf: () => policy });
});

it("hears each channel once, for as long as anybody needs it", async () => {
  const [first, second] = await Promise.all([feeds.open("a", policy), feeds.open("a", policy)]);
  expect(second).toBe(first);
  feeds.release(first);
  expect(calls).toEqual(["subscribe a"]);
  feeds.release(second);
  expect(calls).toEqual(["subscribe a", "unsubscribe a"]);
  expect(feeds.size).toBe(0);
  expect(await feeds.open("a", policy)).not.toBe(first);
});

it("keeps nothing of a channel that could not be heard", async () => {
  subscribed = () => Promise.reject(new Failure("unavailable"));
  const attempts = await Promise.allSettled([feeds.open("a", policy), feeds.open("a", policy)]);
  expect(attempts.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(feeds.size).toBe(0);
  subscribed = async () => undefined;
  await feeds.open("a", policy);
  expect(calls.filter((call) => call === "subscribe a")).toHaveLength(2);
});

it("does not mind a feed that is released once too often, after the channel was opened again", async () => {
  const old = await feeds.open("a", policy);
  feeds.release(old);
  await feeds.open("a", policy);
  feeds.release(old);
  expect(feeds.size).toBe(1);
});

it("hears a room that an emitter made, for as long as somebody is in it", async () => {
  rooms.join("guest", "a");
  const feed = await feeds.open("a", policy);
  feeds.join(feed, "subscriber");
  rooms.leave("guest", "a");
  feeds.release(feed);
  rooms.join("guest", "a");
  feeds.leave(feed, "subscriber");
  expect(calls).toEqual(["subscribe a"]);
  sinks[0]?.receive({ channel: "a", packet: "42[]", attachments: [], except: [] });
  expect(rooms.deliveries).toHaveLength(1);
  rooms.leave("guest", "a");
  expect(calls).toEqual(["subscribe a", "unsubscribe a"]);
  expect(feeds.size).toBe(0);
});

it("tries again to hear a room whose members nobody can tell that it is not heard", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  subscribed = () => Promise.reject(new Failure("unavailable"));
  rooms.join("guest", "a");
  await Promise.resolve();
  subscribed = async () => undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(calls).toEqual(["subscribe a", "subscribe a"]);
  await expect(feeds.open("a", policy)).resolves.toBeDefined();
  vi.useRealTimers();
});

it("drops deliveries of channels that nobody holds", async () => {
  feeds.release(await feeds.open("b", policy));
  sinks[0]?.receive({ channel: "b", packet: "42[]", attachments: [], except: [] });
  expect(rooms.deliveries).toEqual([]);
});

let node: TestNode;

beforeEach(() => {
  const conflated = { history: lasting, latest: true, conflate: 200 };
  node = new TestNode({
    rules: [rule("*", { ...conflated, presence: { read: "anyone", events: true, linger: 0 } })],
    rooms,
  });
});

afterEach(() => node.stop());

it("conflates values, and only those: a presence event must not take the place of one", async () => {
  await node.subscriptions.subscribe(node.open("ann"), [{ channel: "a" }], () => {});
  await node.publish("a", 1);
  await node.subscriptions.subscribe(node.open("bob"), [{ channel: "a" }], () => {});
  const paces = rooms.deliveries.map(({ delivery, conflate }) => [delivery.position !== undefined, conflate]);
  expect(paces).toContainEqual([true, 200]);
  expect(paces).toContainEqual([false, undefined]);
  expect(paces).not.toContainEqual([false, 200]);
});
