import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/backplane/ports.ts";
import { Feed } from "../../src/channels/feed.ts";
import { rule } from "./node.ts";
import { noRooms } from "./rooms.ts";

const log = { ...rule("a"), personal: false, rule: 0 };
const value = { ...log, latest: true };

function at(offset: number, epoch = "e"): Delivery {
  return {
    channel: "a",
    packet: `message ${offset}`,
    attachments: [],
    except: [],
    position: { epoch, offset },
  };
}

const event: Delivery = { channel: "a", packet: '42["joined",{}]', attachments: [], except: [] };

const packets = (deliveries: readonly Delivery[]) => deliveries.map(({ packet }) => packet);

describe("a feed", () => {
  it("lets each delivery pass once, in the channel's order", () => {
    const feed = new Feed("a", log, noRooms);
    expect([1, 2, 2, 1, 3].map((offset) => feed.advance(at(offset)))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(feed.live).toEqual({ epoch: "e", offset: 3 });
  });

  it("follows the channel into another epoch", () => {
    const feed = new Feed("a", log, noRooms);
    feed.advance(at(5));
    expect(feed.advance(at(1, "f"))).toBe(true);
    expect(feed.live).toEqual({ epoch: "f", offset: 1 });
  });

  it("begins where the channel stood when it was heard, whatever was still on its way from before", () => {
    const feed = new Feed("a", log, noRooms);
    feed.advance(at(3));
    feed.begin({ epoch: "e", offset: 5 });
    expect(feed.live?.offset).toBe(5);
    feed.advance(at(6));
    feed.begin({ epoch: "e", offset: 5 });
    expect(feed.live?.offset).toBe(6);
    feed.begin({ epoch: "f", offset: 0 });
    expect(feed.live).toEqual({ epoch: "f", offset: 0 });
  });

  it("lets what has no position pass, and stays where it is", () => {
    const feed = new Feed("a", log, noRooms);
    feed.advance(at(5));
    expect(feed.advance(event)).toBe(true);
    expect(feed.live?.offset).toBe(5);
  });
});

describe("a tap", () => {
  it("ends before a loss, behind which the feed goes on", () => {
    const feed = new Feed("a", log, noRooms);
    const tap = feed.tap();
    feed.advance(at(1));
    feed.lose({ epoch: "e", offset: 4 });
    expect(feed.live?.offset).toBe(4);
    expect(feed.advance(at(5))).toBe(true);
    expect(packets(tap.deliveries)).toEqual(["message 1"]);
    expect(tap.overflowed).toBe(true);
  });

  it("holds all that arrives while it is there", () => {
    const feed = new Feed("a", log, noRooms);
    feed.advance(at(1));
    const tap = feed.tap();
    const other = feed.tap();
    feed.advance(at(2));
    feed.untap(other);
    feed.advance(at(3));
    expect(packets(tap.deliveries)).toEqual(["message 2", "message 3"]);
    expect(packets(other.deliveries)).toEqual(["message 2"]);
  });

  it("is bounded, and says when that was too little", () => {
    const feed = new Feed("a", log, noRooms);
    const tap = feed.tap();
    for (let offset = 1; offset <= 1_000; offset += 1) feed.advance(at(offset));
    expect(tap).toMatchObject({ overflowed: false });
    feed.advance(at(1_001));
    expect(tap).toMatchObject({ overflowed: true });
    expect(tap.deliveries).toHaveLength(1_000);
  });

  it("of a channel of values holds the newest alone", () => {
    const feed = new Feed("a", value, noRooms);
    const tap = feed.tap();
    for (const offset of [1, 2, 3]) feed.advance(at(offset));
    expect(packets(tap.deliveries)).toEqual(["message 3"]);
    expect(tap.overflowed).toBe(false);
  });

  it("of a channel of values does not lose the value to a presence event", () => {
    const feed = new Feed("a", value, noRooms);
    const tap = feed.tap();
    feed.advance(at(1));
    feed.advance(event);
    expect(packets(tap.deliveries)).toContain("message 1");
  });
});
