import { expect, it } from "vitest";
import {
  dataOf,
  draft,
  lasting,
  type MakeHarness,
  offsetsOf,
  publishAll,
  readOne,
  settled,
  useHarness,
  valuesOf,
} from "./harness.ts";

/** Far enough from each other that a slow machine with a real clock gives the same answers. */
const brief = { size: 100, ttl: 2_000 };

export function retentionContract(makeHarness: MakeHarness): void {
  const harness = useHarness(makeHarness);
  sizeCases(harness);
  ageCases(harness);
  clearCases(harness);
}

type Current = ReturnType<typeof useHarness>;

function sizeCases(harness: Current): void {
  it("keeps the newest messages by size", async () => {
    await publishAll(harness(), "room", [1, 2, 3, 4, 5], { size: 3, ttl: 600_000 });
    const page = await readOne(harness(), "room");
    expect(valuesOf(page)).toEqual([3, 4, 5]);
    expect(offsetsOf(page)).toEqual([3, 4, 5]);
    expect(page.top.offset).toBe(5);
  });

  it("trims to a smaller size at the next publication", async () => {
    await publishAll(harness(), "room", [1, 2, 3, 4, 5]);
    await publishAll(harness(), "room", [6], { size: 1, ttl: 600_000 });
    expect(valuesOf(await readOne(harness(), "room"))).toEqual([6]);
  });

  it("reaches back to the message before the oldest that size kept, no further", async () => {
    await publishAll(harness(), "room", [1, 2, 3, 4, 5], { size: 3, ttl: 600_000 });
    const { epoch } = (await readOne(harness(), "room")).top;
    expect(valuesOf(await readOne(harness(), "room", { from: { epoch, offset: 2 } }))).toEqual([3, 4, 5]);
    const page = await readOne(harness(), "room", { from: { epoch, offset: 1 } });
    expect(page).toEqual({ top: { epoch, offset: 5 }, reached: false, entries: [], more: false });
  });
}

function ageCases(harness: Current): void {
  it("returns no message older than ttl, and does not reach over it", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", brief);
    await publishAll(harness(), "room", ["old"], brief);
    await harness().advance(1_500);
    await publishAll(harness(), "room", ["young"], brief);
    await harness().advance(1_000);
    const page = await readOne(harness(), "room", { retention: brief });
    const { epoch } = page.top;
    expect(valuesOf(page)).toEqual(["young"]);
    const since = (offset: number) =>
      readOne(harness(), "room", { retention: brief, from: { epoch, offset } });
    expect(await since(0)).toMatchObject({ reached: false, entries: [] });
    expect(valuesOf(await since(1))).toEqual(["young"]);
    expect(await since(2)).toMatchObject({ reached: true, entries: [] });
  });

  it("keeps epoch and offset of a subscribed channel after its last message aged", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", brief);
    const { position } = await broker.publish(draft("room", 1, { retention: brief }));
    await harness().advance(5_000);
    const page = await readOne(harness(), "room", { retention: brief, from: "newest" });
    expect(page).toEqual({ top: position, reached: true, entries: [], more: false });
    const next = await broker.publish(draft("room", 2, { retention: brief }));
    expect(next.position).toEqual({ epoch: position?.epoch, offset: 2 });
  });

  it("keeps the counter of a channel without a message for minutes, whatever its ttl", async () => {
    const hours = { size: 100, ttl: 36_000_000 };
    const topOf = async (room: string) => (await readOne(harness(), room, { retention: hours })).top;
    await publishAll(harness(), "used", [1], hours);
    const [unused, used] = [await topOf("unused"), await topOf("used")];
    await harness().age(60_000);
    expect(await topOf("unused")).toEqual(unused);
    await harness().age(120_000);
    expect((await topOf("unused")).epoch).not.toBe(unused.epoch);
    expect(await topOf("used")).toEqual(used);
  });

  it("does not take a stale position of a channel nobody held for a new one's", async () => {
    const { broker } = harness().backplane;
    const { position } = await broker.publish(draft("room", 1, { retention: brief }));
    if (!position) throw new Error("A publication with retention has no position.");
    await harness().advance(5_000);
    await publishAll(harness(), "room", [2], brief);
    const stale = { epoch: position.epoch, offset: 0 };
    const page = await readOne(harness(), "room", { retention: brief, from: stale });
    expect(page).toMatchObject({ reached: false, entries: [] });
  });
}

function clearCases(harness: Current): void {
  it("forgets the messages at clear; epoch and offset go on", async () => {
    const { broker } = harness().backplane;
    await publishAll(harness(), "room", [1, 2, 3]);
    const { top } = await readOne(harness(), "room", { from: "top" });
    await broker.clear("room", lasting);
    expect(await readOne(harness(), "room")).toEqual({ top, reached: true, entries: [], more: false });
    const below = await readOne(harness(), "room", { from: { ...top, offset: 2 } });
    expect(below).toEqual({ top, reached: false, entries: [], more: false });
    expect(await readOne(harness(), "room", { from: top })).toMatchObject({ reached: true, entries: [] });
    await publishAll(harness(), "room", [4]);
    const page = await readOne(harness(), "room", { from: top });
    expect(page).toMatchObject({ reached: true, top: { epoch: top.epoch, offset: 4 } });
    expect(valuesOf(page)).toEqual([4]);
  });

  it("clears without telling subscribers and without ending their subscription", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    await broker.clear("room", lasting);
    await publishAll(harness(), "room", [1]);
    expect(dataOf(await settled(harness(), "room"))).toEqual([1]);
  });
}
