import { afterEach, beforeEach, expect, it } from "vitest";
import type { HistoryQuery } from "../../src/channels/history.ts";
import { Failure } from "../../src/errors.ts";
import type { HistoryReply } from "../../src/protocol/events.ts";
import { rule, TestNode } from "./node.ts";
import { RecordingRooms } from "./rooms.ts";

let node: TestNode;

beforeEach(async () => {
  const history = { size: 5, ttl: 60_000, read: "anyone" } as const;
  node = new TestNode({ rules: [rule("none"), rule("*", { history })], rooms: new RecordingRooms() });
  for (let number = 1; number <= 8; number += 1) await node.publish("a", number);
});

afterEach(() => node.stop());

/** The reply, or the code of the failure. */
async function read(query: Partial<HistoryQuery>): Promise<HistoryReply | string> {
  const { channel = "a" } = query;
  try {
    const json = await node.history.read({ channel, ...query }, node.rules.policyOf(channel));
    return JSON.parse(json.text);
  } catch (thrown) {
    return Failure.of(thrown).code;
  }
}

const valuesOf = (reply: HistoryReply | string) =>
  typeof reply === "string" ? reply : reply.messages.map(({ data }) => data);

async function positionAt(offset: number): Promise<string> {
  const reply = await read({});
  return typeof reply === "string" ? reply : `${reply.position.split(":")[0]}:${offset}`;
}

it("is the window, oldest first, with the top", async () => {
  const reply = await read({});
  expect(valuesOf(reply)).toEqual([4, 5, 6, 7, 8]);
  expect(reply).toMatchObject({ ok: true, position: expect.stringMatching(/:8$/) });
  expect(reply).not.toHaveProperty("more");
  expect(await read({ since: "start" })).toEqual(reply);
});

it("is newest first where it is reversed", async () => {
  expect(valuesOf(await read({ reverse: true }))).toEqual([8, 7, 6, 5, 4]);
  const some = await read({ reverse: true, limit: 2 });
  expect(valuesOf(some)).toEqual([8, 7]);
  expect(some).toMatchObject({ more: true });
});

it("goes on from a position", async () => {
  expect(valuesOf(await read({ since: await positionAt(3) }))).toEqual([4, 5, 6, 7, 8]);
  expect(valuesOf(await read({ since: await positionAt(6), limit: 1 }))).toEqual([7]);
  expect(valuesOf(await read({ since: await positionAt(8) }))).toEqual([]);
});

it("is a gap where the window does not reach back, or the position is not the channel's", async () => {
  for (const since of [await positionAt(2), await positionAt(9), "gone:4"]) {
    expect(await read({ since })).toBe("gap");
  }
});

it.each(["", "4", "e:", "e:-1", "e:1.5", "e:99999999999999999", "start:"])(
  "refuses what is no position: %s",
  async (since) => {
    expect(await read({ since })).toBe("bad_request");
  },
);

it("goes either back or on from a position, not both", async () => {
  expect(await read({ since: "start", reverse: true })).toBe("bad_request");
});

it("is not there on a channel that keeps none", async () => {
  expect(await read({ channel: "none" })).toBe("not_found");
});

it("is empty once it is cleared, and goes on counting", async () => {
  await node.history.clear("a", node.rules.policyOf("a"));
  expect(await read({})).toMatchObject({ messages: [], position: await positionAt(8) });
  expect(await node.publish("a", 9)).toBe(await positionAt(9));
  expect(await read({ since: await positionAt(7) })).toBe("gap");
});

it("has the attachments of its messages, numbered through", async () => {
  await node.publish("b", Buffer.from("x"));
  await node.publish("b", [Buffer.from("y"), Buffer.from("z")]);
  const { text, attachments } = await node.history.read({ channel: "b" }, node.rules.policyOf("b"));
  expect(attachments.map(String)).toEqual(["x", "y", "z"]);
  const places = JSON.parse(text).messages.flatMap(({ data }: { data: unknown }) => data);
  expect(places).toEqual([0, 1, 2].map((num) => ({ _placeholder: true, num })));
});
