import { expect, it } from "vitest";
import { messageOf } from "../../src/protocol/packet.ts";
import { formatPosition } from "../../src/protocol/position.ts";
import {
  dataOf,
  delivered,
  deliveriesOf,
  draft,
  lasting,
  type MakeHarness,
  offsetsOf,
  publishAll,
  readOne,
  settle,
  settled,
  textOf,
  useHarness,
  valuesOf,
} from "./harness.ts";

export function publishingContract(makeHarness: MakeHarness): void {
  const harness = useHarness(makeHarness);
  deliveryCases(harness);
  subscriptionCases(harness);
  dataCases(harness);
}

type Current = ReturnType<typeof useHarness>;

function deliveryCases(harness: Current): void {
  it("delivers concurrent publications in the order of their offsets, which have no holes", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    const values = Array.from({ length: 200 }, (_, index) => index);
    const receipts = await Promise.all(
      values.map((value) => broker.publish(draft("room", value, { retention: lasting }))),
    );
    const deliveries = await delivered(harness(), "room", 200);
    expect(receipts.map((receipt) => receipt.position?.offset)).toEqual(values.map((value) => value + 1));
    expect(dataOf(deliveries)).toEqual(values);
    expect(deliveries.map((delivery) => delivery.position)).toEqual(receipts.map(({ position }) => position));
    expect(new Set(receipts.map(({ position }) => position?.epoch)).size).toBe(1);
  });

  it("keeps channels, kinds and keys of one turn's publications apart", async () => {
    const { broker } = harness().backplane;
    const rooms = ["room:a", "room:b", "room:c"];
    await Promise.all(rooms.map((room) => broker.subscribe(room, lasting)));
    // Every fourth is not stored, every fifth repeats the key of the one before on its channel.
    const drafts = Array.from({ length: 330 }, (_, index) => {
      const turn = Math.floor(index / 3);
      const more = turn % 4 === 3 ? {} : { retention: lasting };
      const idempotencyKey = turn % 5 === 4 ? `key-${turn - 1}` : `key-${turn}`;
      return draft(rooms[index % 3] ?? "", turn, { ...more, idempotencyKey });
    });
    const receipts = await Promise.all(drafts.map((one) => broker.publish(one)));
    for (const [place, room] of rooms.entries()) {
      const mine = receipts.filter((_, index) => index % 3 === place);
      const fresh = mine.flatMap(({ repeated }, turn) => (repeated ? [] : [turn]));
      expect(fresh).toEqual(Array.from({ length: 110 }, (_, turn) => turn).filter((turn) => turn % 5 !== 4));
      const stored = mine.flatMap(({ position, repeated }) =>
        position && !repeated ? [position.offset] : [],
      );
      expect(stored).toEqual(stored.map((_, index) => index + 1));
      expect(dataOf(await delivered(harness(), room, fresh.length))).toEqual(fresh);
    }
  });

  it("reads what the same turn published before", async () => {
    const { broker } = harness().backplane;
    const published = broker.publish(draft("room", 1, { retention: lasting }));
    const page = await readOne(harness(), "room");
    expect(offsetsOf(page)).toEqual([(await published).position?.offset]);
  });

  it("forgets what the same turn published before, and not what it publishes after", async () => {
    const { broker } = harness().backplane;
    const published = broker.publish(draft("room", 1, { retention: lasting }));
    const cleared = broker.clear("room", lasting);
    const later = broker.publish(draft("room", 2, { retention: lasting }));
    await Promise.all([published, cleared, later]);
    expect(offsetsOf(await readOne(harness(), "room"))).toEqual([2]);
  });

  it("writes the position into the packet and stores the same message", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    const { position } = await broker.publish(draft("room", "hello", { retention: lasting }));
    if (!position) throw new Error("A publication with retention has no position.");
    const [delivery] = await delivered(harness(), "room", 1);
    if (!delivery) throw new Error("Nothing was delivered.");
    const message = { channel: "room", data: "hello", time: 1, position: formatPosition(position) };
    expect(JSON.parse(textOf(delivery).slice(2))).toEqual(["message", message]);
    const page = await readOne(harness(), "room");
    expect(page.entries).toEqual([{ position, message: messageOf(textOf(delivery)), attachments: [] }]);
  });

  it("gives no position and stores nothing without retention", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", undefined);
    const receipt = await broker.publish(draft("room", "passing"));
    const [delivery] = await delivered(harness(), "room", 1);
    expect(receipt).toEqual({ repeated: false });
    expect(delivery).not.toHaveProperty("position");
    expect(delivery && textOf(delivery)).toBe('42["message",{"channel":"room","data":"passing","time":1}]');
    expect((await readOne(harness(), "room")).entries).toEqual([]);
  });

  it("carries the connections that are left out", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    await broker.publish(draft("room", 1, { retention: lasting, except: ["c1", "c2"] }));
    await broker.publish(draft("room", 2, { except: ["c3"] }));
    const deliveries = await delivered(harness(), "room", 2);
    expect(deliveries.map((delivery) => delivery.except)).toEqual([["c1", "c2"], ["c3"]]);
  });
}

function subscriptionCases(harness: Current): void {
  it("delivers nothing of channels that were never subscribed, and stores it", async () => {
    await publishAll(harness(), "unheard", [1, 2]);
    await settle(harness());
    expect(deliveriesOf(harness(), "unheard")).toEqual([]);
    expect(valuesOf(await readOne(harness(), "unheard"))).toEqual([1, 2]);
  });

  it("tells where a channel with history stands when it is heard", async () => {
    const { broker } = harness().backplane;
    await publishAll(harness(), "room", [1, 2]);
    const { top } = await readOne(harness(), "room");
    expect(top.offset).toBe(2);
    expect(await broker.subscribe("room", lasting)).toEqual(top);
    expect(await broker.subscribe("new", lasting)).toEqual((await readOne(harness(), "new")).top);
    expect(await broker.subscribe("passing", undefined)).toBeUndefined();
  });

  it("delivers nothing after unsubscribe, and goes on where the channel stands when subscribed again", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    await publishAll(harness(), "room", [1]);
    await delivered(harness(), "room", 1);
    broker.unsubscribe("room");
    await publishAll(harness(), "room", [2]);
    await settle(harness());
    expect(dataOf(deliveriesOf(harness(), "room"))).toEqual([1]);
    await broker.subscribe("room", lasting);
    await publishAll(harness(), "room", [3]);
    const deliveries = await delivered(harness(), "room", 2);
    expect(dataOf(deliveries)).toEqual([1, 3]);
    expect(deliveries.map((delivery) => delivery.position?.offset)).toEqual([1, 3]);
  });

  it("delivers whatever is published after a subscribe resolved, each once", async () => {
    const { broker } = harness().backplane;
    const channels = Array.from({ length: 100 }, (_, index) => `room:${index}`);
    await Promise.all(
      channels.map(async (channel) => {
        await broker.subscribe(channel, lasting);
        await broker.publish(draft(channel, channel, { retention: lasting }));
      }),
    );
    for (const channel of channels) expect(dataOf(await settled(harness(), channel))).toEqual([channel]);
  });

  it("has a counter from the subscribe on", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("quiet", lasting);
    const { top } = await readOne(harness(), "quiet", { from: "top" });
    expect(top.offset).toBe(0);
    await publishAll(harness(), "quiet", ["first"]);
    const page = await readOne(harness(), "quiet", { from: top });
    expect(page).toMatchObject({ reached: true, top: { epoch: top.epoch, offset: 1 } });
    expect(offsetsOf(page)).toEqual([1]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "频道:1", "{a}:{b}", "*", "a[b]?"])(
    "takes %s as a channel name like any other",
    async (channel) => {
      const { broker } = harness().backplane;
      expect((await readOne(harness(), channel)).entries).toEqual([]);
      await broker.subscribe(channel, lasting);
      const publication = draft(channel, "it", { retention: lasting, idempotencyKey: "__proto__" });
      const receipts = [await broker.publish(publication), await broker.publish(publication)];
      expect(receipts.map(({ repeated }) => repeated)).toEqual([false, true]);
      expect(dataOf(await settled(harness(), channel))).toEqual(["it"]);
      expect(valuesOf(await readOne(harness(), channel))).toEqual(["it"]);
    },
  );
}

/** JSON that a parse and a second encoding would change, or that is easily mistaken on the way. */
const delicate: [string, string][] = [
  ["2^64", "18446744073709551616"],
  ["long fractions", "0.1000000000000000055511151231257827"],
  ["exponents", "[1E400,-0,1.0,5e-324]"],
  ["escaped lone surrogates", '"\\ud800 and \\udfff"'],
  ["__proto__ keys", '{"__proto__":{"polluted":true},"constructor":1}'],
  ["repeated and numeric keys", '{"b":1,"2":2,"1":3,"b":4}'],
  ["Unicode line separators", '"\u2028 \u2029 \u0085"'],
  ["escapes and four-byte characters", '"\\u0000\\n\\"\\\\ 😀 𝄞"'],
  ["text that looks like the end of a packet", '"\\"}],\\"position\\":\\"x:1\\"}]"'],
  ["text that looks like a packet", '"42[\\"message\\",{}]"'],
  ["64 KiB", JSON.stringify("潮".repeat(65_536 / 3))],
  ["null", "null"],
];

function dataCases(harness: Current): void {
  it.each(delicate)("delivers and stores unchanged: %s", async (_what, json) => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    const head = `42["message",{"channel":"room","data":${json},"time":1`;
    const { position } = await broker.publish({ ...draft("room", null, { retention: lasting }), head });
    if (!position) throw new Error("A publication with retention has no position.");
    const packet = `${head},"position":"${formatPosition(position)}"}]`;
    expect((await delivered(harness(), "room", 1)).map(textOf)).toEqual([packet]);
    const page = await readOne(harness(), "room");
    expect(page.entries.map(({ message }) => message)).toEqual([packet.slice('42["message",'.length, -1)]);
  });

  it("keeps binary attachments unchanged", async () => {
    const { broker } = harness().backplane;
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const parts = [every, new Uint8Array(0), Buffer.from("\r\n$-1\r\n\0")];
    await broker.subscribe("room", lasting);
    await broker.publish(draft("room", { parts: parts.map(Buffer.from) }, { retention: lasting }));
    const [delivery] = await delivered(harness(), "room", 1);
    const { entries } = await readOne(harness(), "room");
    const hex = parts.map((part) => Buffer.from(part).toString("hex"));
    expect(delivery?.attachments.map((one) => Buffer.from(one).toString("hex"))).toEqual(hex);
    expect(entries[0]?.attachments.map((one) => Buffer.from(one).toString("hex"))).toEqual(hex);
    expect(delivery && textOf(delivery)).toMatch(/^453-\["message",\{"channel":"room",/);
    expect(JSON.parse(entries[0]?.message ?? "").data.parts[2]).toEqual({ _placeholder: true, num: 2 });
  });
}
