import { expect, it } from "vitest";
import {
  dataOf,
  draft,
  lasting,
  type MakeHarness,
  readOne,
  settled,
  useHarness,
  valuesOf,
} from "./harness.ts";

const keyLifetime = 5 * 60_000;
/** More than a slow machine with a real clock takes between two calls. */
const margin = 15_000;

export function idempotencyContract(makeHarness: MakeHarness): void {
  const harness = useHarness(makeHarness);
  repeatCases(harness);
  expiryCases(harness);
}

type Current = ReturnType<typeof useHarness>;

function repeatCases(harness: Current): void {
  it("makes one message of 1,000 racing publications with one key", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    const publication = draft("room", "once", { retention: lasting, idempotencyKey: "k" });
    const receipts = await Promise.all(Array.from({ length: 1_000 }, () => broker.publish(publication)));
    expect(receipts.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(receipts.map(({ position }) => position?.offset))).toEqual(new Set([1]));
    expect(dataOf(await settled(harness(), "room"))).toEqual(["once"]);
    expect(valuesOf(await readOne(harness(), "room"))).toEqual(["once"]);
  });

  it("answers a repeat with the first position, whatever came between", async () => {
    const { broker } = harness().backplane;
    const keyed = (value: string) => draft("room", value, { retention: lasting, idempotencyKey: "k" });
    const first = await broker.publish(keyed("first"));
    await broker.publish(draft("room", "between", { retention: lasting }));
    await broker.clear("room", lasting);
    const second = await broker.publish(keyed("second"));
    expect(first).toEqual({ position: { epoch: expect.any(String), offset: 1 }, repeated: false });
    expect(second).toEqual({ position: first.position, repeated: true });
  });

  it("knows a key on its own channel only", async () => {
    const { broker } = harness().backplane;
    const more = { retention: lasting, idempotencyKey: "k" };
    expect(await broker.publish(draft("a", 1, more))).toMatchObject({ repeated: false });
    expect(await broker.publish(draft("b", 1, more))).toMatchObject({ repeated: false });
    expect(valuesOf(await readOne(harness(), "b"))).toEqual([1]);
  });

  it("holds on channels without retention too", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", undefined);
    const publication = draft("room", "once", { idempotencyKey: "k" });
    expect(await broker.publish(publication)).toEqual({ repeated: false });
    expect(await broker.publish(publication)).toEqual({ repeated: true });
    expect(dataOf(await settled(harness(), "room"))).toEqual(["once"]);
  });
}

function expiryCases(harness: Current): void {
  it("knows a key for five minutes from its first use", async () => {
    const { broker } = harness().backplane;
    const publication = draft("room", "again", { retention: lasting, idempotencyKey: "k" });
    await broker.publish(publication);
    await harness().age(keyLifetime - margin);
    expect(await broker.publish(publication)).toMatchObject({ position: { offset: 1 }, repeated: true });
    await harness().age(2 * margin);
    expect(await broker.publish(publication)).toMatchObject({ position: { offset: 2 }, repeated: false });
  });

  it("knows a key for longer than the message lives", async () => {
    const { broker } = harness().backplane;
    await broker.subscribe("room", lasting);
    const brief = { size: 10, ttl: 1_000 };
    const publication = draft("room", "brief", { retention: brief, idempotencyKey: "k" });
    const first = await broker.publish(publication);
    await harness().advance(5_000);
    expect((await readOne(harness(), "room", { retention: brief })).entries).toEqual([]);
    expect(await broker.publish(publication)).toEqual({ position: first.position, repeated: true });
  });
}
