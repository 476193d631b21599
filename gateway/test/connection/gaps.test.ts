import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Alarms } from "../../src/connection/alarms.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { FreshRevocations } from "../../src/connection/fresh-revocations.ts";
import { Gaps } from "../../src/connection/gaps.ts";
import { Joiner } from "../../src/connection/joiner.ts";
import { Registry } from "../../src/connection/registry.ts";
import { Visits } from "../../src/connection/visits.ts";
import { Failure } from "../../src/errors.ts";
import { lasting, rule, TestNode } from "../channels/node.ts";
import { RecordingRooms } from "../channels/rooms.ts";

let node: TestNode;
let rooms: RecordingRooms;
let registry: Registry;
let joiner: Joiner;
let gaps: Gaps;
let alarms: Alarms;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  rooms = new RecordingRooms();
  node = new TestNode({ rules: [rule("*", { history: lasting })], rooms });
  registry = new Registry();
  alarms = new Alarms(node.clock.now);
  alarms.start();
  const { subscriptions, presence } = node;
  const { now } = node.clock;
  const verifyChannel = () => Promise.reject(new Failure("unauthorized"));
  const verifier = { verifyChannel };
  const revocations = new FreshRevocations(now);
  joiner = new Joiner({
    subscriptions,
    presence,
    verifier,
    revocations,
    alarms,
    visits: new Visits(node.backplane.users),
    maxChannels: 128,
    now,
    leeway: 0,
  });
  gaps = new Gaps({ registry, joiner, members: (channel) => rooms.membersOf(channel) });
});

afterEach(async () => {
  alarms.stop();
  await node.stop();
  vi.useRealTimers();
});

async function member(user: string, ...channels: string[]) {
  const connection = node.open(user);
  registry.add(connection);
  await joiner.join(
    connection,
    channels.map((channel) => ({ channel })),
    () => {},
  );
  return connection;
}

const isTold = (connection: Connection) => !connection.held.has("a");

it("tell every member within five seconds, spread out, and nobody else", async () => {
  const members = await Promise.all(Array.from({ length: 50 }, (_, index) => member(`u${index}`, "a", "b")));
  const stranger = await member("stranger", "b");
  gaps.lost("a", { epoch: "after", offset: 0 });
  await vi.advanceTimersByTimeAsync(2_500);
  const early = members.filter(isTold).length;
  expect(early).toBeGreaterThan(0);
  expect(early).toBeLessThan(50);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(members.every(isTold)).toBe(true);
  for (const { wire, held } of members) {
    expect(wire.sent).toMatchObject([
      { event: "unsubscribed", payload: { channel: "a", error: { code: "gap", retryable: true } } },
    ]);
    expect(held.has("b")).toBe(true);
  }
  expect(stranger.wire.sent).toEqual([]);
});

it("tell nobody who has subscribed again meanwhile", async () => {
  const [quick, slow] = [await member("quick", "a"), await member("slow", "a")];
  gaps.lost("a", { epoch: "after", offset: 0 });
  await joiner.join(quick, [{ channel: "a" }], () => {});
  await vi.advanceTimersByTimeAsync(5_000);
  expect([isTold(quick), isTold(slow)]).toEqual([false, true]);
});

it("tell nobody who came to where the deliveries go on", async () => {
  const early = await member("early", "a");
  await node.publish("a", 1);
  const late = await member("late", "a");
  const since = late.held.get("a")?.since;
  if (!since) throw new Error("A channel with history has a position.");
  gaps.lost("a", since);
  await vi.advanceTimersByTimeAsync(5_000);
  expect([isTold(early), isTold(late)]).toEqual([true, false]);
});

it("tell nobody who left the channel or the node meanwhile", async () => {
  const gone = await member("gone", "a");
  const left = await member("left", "a");
  gaps.lost("a", { epoch: "after", offset: 0 });
  registry.remove(gone);
  await joiner.leave(left, "a");
  await vi.advanceTimersByTimeAsync(5_000);
  expect([...gone.wire.sent, ...left.wire.sent]).toEqual([]);
});
