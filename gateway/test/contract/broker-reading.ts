import { expect, it } from "vitest";
import type { HistoryRead } from "../../src/backplane/ports.ts";
import {
  draft,
  lasting,
  type MakeHarness,
  offsetsOf,
  publishAll,
  readOne,
  roomy,
  useHarness,
  valuesOf,
} from "./harness.ts";

type Current = ReturnType<typeof useHarness>;

export function readingContract(makeHarness: MakeHarness): void {
  const harness = useHarness(makeHarness);
  fromCases(harness);
  positionCases(harness);
  limitCases(harness);
}

function fromCases(harness: Current): void {
  it.each(["top", "start", "newest"] as const)("reads %s of a channel without messages", async (from) => {
    const page = await readOne(harness(), "empty", { from });
    const top = { epoch: expect.stringMatching(/^[A-Za-z0-9]{8,64}$/), offset: 0 };
    expect(page).toEqual({ top, reached: true, entries: [], more: false });
    const again = await readOne(harness(), "empty", { from: page.top });
    expect(again).toEqual({ top: page.top, reached: true, entries: [], more: false });
  });

  it("reads the top without entries", async () => {
    await publishAll(harness(), "room", [1, 2, 3]);
    const page = await readOne(harness(), "room", { from: "top" });
    expect(page).toMatchObject({ top: { offset: 3 }, reached: true, entries: [], more: false });
  });

  it("reads the newest entry alone", async () => {
    await publishAll(harness(), "room", [1, 2, 3]);
    const page = await readOne(harness(), "room", { from: "newest" });
    expect(page).toMatchObject({ top: { offset: 3 }, reached: true, more: false });
    expect(valuesOf(page)).toEqual([3]);
  });

  it("reads the whole window from the start, and newest first where reversed", async () => {
    await publishAll(harness(), "room", [1, 2, 3]);
    const forward = await readOne(harness(), "room");
    const reversed = await readOne(harness(), "room", { reverse: true });
    expect(valuesOf(forward)).toEqual([1, 2, 3]);
    expect(valuesOf(reversed)).toEqual([3, 2, 1]);
    expect(offsetsOf(reversed)).toEqual([3, 2, 1]);
    expect([forward, reversed]).toMatchObject([
      { reached: true, more: false },
      { reached: true, more: false },
    ]);
  });

  it("answers the reads of one call in their order, one channel twice included", async () => {
    await publishAll(harness(), "a", ["a1", "a2"]);
    await publishAll(harness(), "b", ["b1"]);
    const read = (channel: string, from: HistoryRead["from"]) => ({ channel, retention: lasting, from });
    const pages = await harness().backplane.broker.read(
      [read("b", "start"), read("a", "newest"), read("none", "start"), read("a", "start"), read("b", "top")],
      roomy,
    );
    expect(pages.map(valuesOf)).toEqual([["b1"], ["a2"], [], ["a1", "a2"], []]);
    expect(pages.map(({ top }) => top.offset)).toEqual([1, 2, 0, 2, 1]);
    expect(await harness().backplane.broker.read([], roomy)).toEqual([]);
  });
}

function positionCases(harness: Current): void {
  it("reads what came after a position, up to nothing at the top", async () => {
    await publishAll(harness(), "room", [1, 2, 3]);
    const { epoch } = (await readOne(harness(), "room")).top;
    const expected = [[1, 2, 3], [2, 3], [3], []];
    for (const [offset, values] of expected.entries()) {
      const page = await readOne(harness(), "room", { from: { epoch, offset } });
      expect(page).toMatchObject({ reached: true, more: false });
      expect(valuesOf(page)).toEqual(values);
    }
  });

  it("does not reach a position of another epoch", async () => {
    await publishAll(harness(), "room", [1, 2]);
    await publishAll(harness(), "other", [1, 2]);
    const { top } = await readOne(harness(), "room");
    const { epoch } = (await readOne(harness(), "other")).top;
    for (const offset of [0, 1, 2, 3]) {
      const page = await readOne(harness(), "room", { from: { epoch, offset } });
      expect(page).toEqual({ top, reached: false, entries: [], more: false });
    }
  });

  it("does not reach a position above the top", async () => {
    await publishAll(harness(), "room", [1, 2]);
    const { top } = await readOne(harness(), "room");
    for (const offset of [3, 1_000, Number.MAX_SAFE_INTEGER]) {
      const page = await readOne(harness(), "room", { from: { epoch: top.epoch, offset } });
      expect(page).toEqual({ top, reached: false, entries: [], more: false });
    }
  });
}

function limitCases(harness: Current): void {
  it.each([
    { limit: 1, reverse: false, values: [1], more: true },
    { limit: 2, reverse: false, values: [1, 2], more: true },
    { limit: 3, reverse: false, values: [1, 2, 3], more: false },
    { limit: 4, reverse: false, values: [1, 2, 3], more: false },
    { limit: 1, reverse: true, values: [3], more: true },
    { limit: 2, reverse: true, values: [3, 2], more: true },
    { limit: 3, reverse: true, values: [3, 2, 1], more: false },
  ])("stops at limit $limit, reversed: $reverse", async ({ limit, reverse, values, more }) => {
    await publishAll(harness(), "room", [1, 2, 3]);
    const page = await readOne(harness(), "room", { limit, reverse });
    expect(page).toMatchObject({ top: { offset: 3 }, reached: true, more });
    expect(valuesOf(page)).toEqual(values);
  });

  it("walks the whole window by limit, each message once", async () => {
    const values = Array.from({ length: 25 }, (_, index) => index);
    await publishAll(harness(), "room", values);
    const walked: unknown[] = [];
    let page = await readOne(harness(), "room", { limit: 4 });
    walked.push(...valuesOf(page));
    for (let last = page.entries.at(-1); page.more && last; last = page.entries.at(-1)) {
      page = await readOne(harness(), "room", { limit: 4, from: last.position });
      walked.push(...valuesOf(page));
    }
    expect(walked).toEqual(values);
  });
}

/** What reading the window of each channel in one call, in this order, came to. */
async function readMany(harness: Current, channels: string[], budget: Partial<typeof roomy>) {
  const reads = channels.map((channel) => ({ channel, retention: lasting, from: "start" as const }));
  const pages = await harness().backplane.broker.read(reads, { ...roomy, ...budget });
  return pages.map((page) => ({ values: valuesOf(page), more: page.more, reached: page.reached }));
}

const bytesOf = async (harness: Current, channel: string) => {
  const { entries } = await readOne(harness(), channel);
  return entries.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
};

export function budgetContract(makeHarness: MakeHarness): void {
  const harness = useHarness(makeHarness);
  messageBudgetCases(harness);
  byteBudgetCases(harness);
  attachmentBudgetCases(harness);
}

function messageBudgetCases(harness: Current): void {
  it("shares the messages among the reads; those past it have more and no entries", async () => {
    for (const channel of ["a", "b", "c"]) await publishAll(harness(), channel, [1, 2, 3]);
    expect(await readMany(harness, ["a", "b", "c", "none"], { messages: 4 })).toEqual([
      { values: [1, 2, 3], more: false, reached: true },
      { values: [1], more: true, reached: true },
      { values: [], more: true, reached: true },
      { values: [], more: false, reached: true },
    ]);
  });

  it("has no more where the budget ends with the last message", async () => {
    await publishAll(harness(), "a", [1, 2, 3]);
    expect(await readMany(harness, ["a"], { messages: 3 })).toEqual([
      { values: [1, 2, 3], more: false, reached: true },
    ]);
  });

  it("ends a reversed read before the window's start", async () => {
    await publishAll(harness(), "a", [1, 2, 3]);
    const page = await readOne(harness(), "a", { reverse: true }, { ...roomy, messages: 2 });
    expect(page.more).toBe(true);
    expect(valuesOf(page)).toEqual([3, 2]);
  });
}

function byteBudgetCases(harness: Current): void {
  it("counts bytes of UTF-8, not characters", async () => {
    await publishAll(harness(), "a", ["潮".repeat(100), "流".repeat(100)]);
    const bytes = await bytesOf(harness, "a");
    expect(await readMany(harness, ["a"], { bytes })).toMatchObject([{ more: false }]);
    expect(await readMany(harness, ["a"], { bytes: bytes - 1 })).toMatchObject([
      { values: ["潮".repeat(100)], more: true },
    ]);
  });

  it("shares the bytes among the reads", async () => {
    for (const channel of ["a", "b"]) await publishAll(harness(), channel, ["x".repeat(50), "y".repeat(50)]);
    const bytes = Math.ceil((await bytesOf(harness, "a")) * 1.5);
    expect(await readMany(harness, ["a", "b"], { bytes })).toMatchObject([
      { values: ["x".repeat(50), "y".repeat(50)], more: false },
      { values: ["x".repeat(50)], more: true },
    ]);
  });

  it("returns the first entry of the call whatever its size, wherever it stands", async () => {
    await publishAll(harness(), "a", ["x".repeat(5_000), "y"]);
    expect(await readMany(harness, ["none", "a", "a"], { bytes: 10 })).toEqual([
      { values: [], more: false, reached: true },
      { values: ["x".repeat(5_000)], more: true, reached: true },
      { values: [], more: true, reached: true },
    ]);
  });
}

function attachmentBudgetCases(harness: Current): void {
  const publishBinary = async (channel: string, sizes: number[]) => {
    const parts = sizes.map((size) => Buffer.alloc(size, 7));
    await harness().backplane.broker.publish(draft(channel, parts, { retention: lasting }));
  };

  it("counts attachments", async () => {
    for (let published = 0; published < 3; published += 1) await publishBinary("a", [1, 1]);
    const page = await readOne(harness(), "a", {}, { ...roomy, attachments: 5 });
    expect(page.more).toBe(true);
    expect(offsetsOf(page)).toEqual([1, 2]);
    const first = await readOne(harness(), "a", {}, { ...roomy, attachments: 1 });
    expect(first.more).toBe(true);
    expect(offsetsOf(first)).toEqual([1]);
  });

  it("counts the bytes of attachments", async () => {
    await publishBinary("a", [600]);
    await publishBinary("a", [600]);
    const page = await readOne(harness(), "a", {}, { ...roomy, bytes: 1_300 });
    expect(page.more).toBe(true);
    expect(offsetsOf(page)).toEqual([1]);
  });
}
