import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HistoryPage } from "../../src/backplane/ports.ts";
import { Feed } from "../../src/channels/feed.ts";
import type { JoinRequest } from "../../src/channels/join-plan.ts";
import { budgetOf, mergeOutcome, replySpace, replyText } from "../../src/channels/reply.ts";
import type { JoinResult } from "../../src/channels/subscriptions.ts";
import type { SubscribeReply } from "../../src/protocol/events.ts";
import type { Position } from "../../src/protocol/position.ts";
import { lasting, rule, TestNode } from "./node.ts";
import { noRooms, RecordingRooms } from "./rooms.ts";

const kibi = 1_024;
let node: TestNode;

beforeEach(() => {
  const rules = [rule("quote:*", { history: lasting, latest: true }), rule("**", { history: lasting })];
  node = new TestNode({ rules, rooms: new RecordingRooms(), maxBytes: 1_000 * kibi });
});

afterEach(() => node.stop());

interface Reply {
  replies: SubscribeReply[];
  attachments: Uint8Array[];
  text: string;
}

/** A subscribe of a new connection, as one reply frame. */
async function subscribe(...requests: JoinRequest[]): Promise<Reply> {
  const attachments: Uint8Array[] = [];
  let texts: string[] = [];
  const answer = (results: JoinResult[]) => {
    texts = results.map((result) => {
      if ("failure" in result) throw result.failure;
      return replyText(result.channel, result.outcome, attachments);
    });
  };
  await node.subscriptions.subscribe(node.open("ann"), requests, answer);
  return { replies: texts.map((text) => JSON.parse(text)), attachments, text: texts.join("") };
}

async function publish(channel: string, count: number, data: unknown = 0): Promise<void> {
  for (let index = 0; index < count; index += 1) await node.publish(channel, data);
}

const start = (channel: string) => ({ channel, since: "start" });

describe("a reply frame", () => {
  it("carries 300 messages, and says when there are more", async () => {
    await publish("a", 300);
    const { replies } = await subscribe(start("a"));
    expect(replies[0]?.messages).toHaveLength(300);
    expect(replies[0]).not.toHaveProperty("more");
    await publish("a", 1);
    const again = await subscribe(start("a"));
    expect(again.replies[0]).toMatchObject({ recovered: true, more: true });
    expect(again.replies[0]?.messages).toHaveLength(300);
  });

  it("shares them among all its channels", async () => {
    await publish("a", 200);
    await publish("b", 200);
    await publish("c", 1);
    const { replies } = await subscribe(start("a"), start("b"), start("c"));
    expect(replies.map(({ messages, more }) => [messages.length, more])).toEqual([
      [200, undefined],
      [100, true],
      [0, true],
    ]);
  });

  it("carries 256 KiB", async () => {
    await publish("a", 30, "x".repeat(10 * kibi));
    const { replies, text } = await subscribe(start("a"));
    expect(text.length).toBeLessThan(257 * kibi);
    expect(replies[0]).toMatchObject({ more: true });
    expect(replies[0]?.messages).toHaveLength(25);
  });

  it("carries as little as the request asks for that asks for the least, and no more than any frame", async () => {
    await publish("a", 30, "x".repeat(10 * kibi));
    await publish("b", 3, "x".repeat(10 * kibi));
    const slow = await subscribe(
      { ...start("a"), maxBytes: 64 * kibi },
      { ...start("b"), maxBytes: 35 * kibi },
    );
    expect(slow.replies.map(({ messages, more }) => [messages.length, more])).toEqual([
      [3, true],
      [0, true],
    ]);
    // The shared reading of the small page is no answer to whoever takes a large one.
    const { replies } = await subscribe({ ...start("a"), maxBytes: 1_000 * kibi });
    expect(replies[0]?.messages).toHaveLength(25);
  });

  it("counts bytes, not characters, and those of attachments too", async () => {
    await publish("a", 30, "潮".repeat(10 * kibi));
    const text = await subscribe(start("a"));
    expect(text.replies[0]?.messages).toHaveLength(8);
    await publish("b", 5, Buffer.alloc(100 * kibi));
    const binary = await subscribe(start("b"));
    expect(binary.replies[0]?.messages).toHaveLength(2);
  });

  it("carries one message whatever its size", async () => {
    await publish("a", 2, "x".repeat(400 * kibi));
    const { replies } = await subscribe(start("a"));
    expect(replies[0]).toMatchObject({ recovered: true, more: true });
    expect(replies[0]?.messages).toHaveLength(1);
  });

  it("carries ten attachments, among all its channels, numbered through", async () => {
    const blobs = [Buffer.from("a"), Buffer.from("b"), Buffer.from("c")];
    await publish("a", 2, blobs);
    await publish("b", 2, blobs);
    const { replies, attachments } = await subscribe(start("a"), start("b"));
    expect(attachments.map(String).join("")).toBe("abcabcabc");
    expect(replies.map(({ messages, more }) => [messages.length, more])).toEqual([
      [2, undefined],
      [1, true],
    ]);
    const places = replies.flatMap(({ messages }) => messages.flatMap(({ data }) => data));
    expect(places).toEqual(Array.from({ length: 9 }, (_, num) => ({ _placeholder: true, num })));
  });

  it("takes a reader through the whole window, one frame after the other", async () => {
    for (let number = 0; number < 700; number += 1) await node.publish("a", number);
    const seen: unknown[] = [];
    let since = "start";
    for (let more = true; more; ) {
      const [reply] = (await subscribe({ channel: "a", since })).replies;
      seen.push(...(reply?.messages ?? []).map(({ data }) => data));
      since = reply?.messages.at(-1)?.position ?? "";
      more = reply?.more === true;
    }
    expect(seen).toEqual(Array.from({ length: 700 }, (_, number) => number));
  });

  it("never passes over the value of a `latest` channel without saying so", async () => {
    await publish("a", 300);
    await publish("quote:1", 1, 42);
    const { replies } = await subscribe(start("a"), { channel: "quote:1" });
    const [, quote] = replies;
    expect(quote?.more === true || quote?.messages.length === 1).toBe(true);
  });
});

describe("a value", () => {
  it("is in every reply, recovered whatever the reader had", async () => {
    await publish("quote:1", 3, 42);
    for (const since of [undefined, "start", "gone:1", "nonsense"]) {
      const { replies } = await subscribe({ channel: "quote:1", since });
      expect(replies[0]).toMatchObject({ recovered: true, latest: true, messages: [{ data: 42 }] });
      expect(replies[0]?.position).toBe(replies[0]?.messages[0]?.position);
    }
  });

  it("that nobody published yet is no message", async () => {
    const { replies } = await subscribe({ channel: "quote:1" });
    expect(replies[0]).toMatchObject({ recovered: true, latest: true, messages: [] });
  });
});

describe("a past that was read before a loss, which was found since", () => {
  const before = { epoch: "before", offset: 3 };
  const resumed = { epoch: "after", offset: 0 };
  const entry = { position: before, message: "{}", attachments: [] };

  function outcomeFrom(from: "newest" | Position, page: Pick<HistoryPage, "reached" | "entries">) {
    const feed = new Feed("a", { ...rule("a", { history: lasting }), personal: false, rule: 0 }, noRooms);
    feed.begin(before);
    const tap = feed.tap();
    feed.lose(resumed);
    return mergeOutcome(feed, { top: before, more: false, ...page }, tap, from, replySpace(budgetOf([])));
  }

  it("is no place to go on from for who cannot be recovered", () => {
    const outcome = outcomeFrom({ epoch: "gone", offset: 1 }, { reached: false, entries: [] });
    expect(outcome).toMatchObject({ position: resumed, recovered: false, more: false });
  });

  it("has who is recovered from it ask again", () => {
    const outcome = outcomeFrom({ epoch: "before", offset: 2 }, { reached: true, entries: [entry] });
    expect(outcome).toMatchObject({ position: before, recovered: true, more: true, entries: [entry] });
  });

  it("has no value", () => {
    expect(outcomeFrom("newest", { reached: true, entries: [entry] })).toMatchObject({
      more: true,
      entries: [],
    });
  });
});
