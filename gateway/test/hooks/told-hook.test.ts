import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemoryTidings } from "../../src/backplane/memory/tidings.ts";
import type { TellingHook } from "../../src/config/hooks.ts";
import { CallFailure, type HookCall } from "../../src/hooks/caller.ts";
import { ToldHook } from "../../src/hooks/told-hook.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { ThrottledLog } from "../../src/throttled-log.ts";

const hook: TellingHook = {
  name: "crm",
  url: "https://app.example.com/events",
  channels: "**",
  timeout: 15_000,
  plain: false,
  secrets: [],
  tell: ["published"],
  batch: { size: 8, wait: 0 },
  keep: { size: 1_000_000, age: 3_600_000 },
};

let now: number;
let tidings: MemoryTidings;
let told: ToldHook;
let calls: { id: string; data: unknown[] }[];
/** What the hook answers: a status, with a header where there is one, or nothing. */
let answer: (data: unknown[]) => number | [status: number, retryAfter: string] | CallFailure;

beforeEach(() => {
  now = 1_700_000_000_000;
  calls = [];
  answer = () => 200;
  const { name, keep } = hook;
  const listener = { name, kinds: new Set(hook.tell), hears: () => true, keep };
  tidings = new MemoryTidings({ listeners: [listener], settle: 0, silence: 0 }, () => now);
  const call = async ({ id, body }: HookCall) => {
    const { events } = JSON.parse(body) as { events: { data?: unknown; type: string }[] };
    const data = events.map((event) => (event.type === "dropped" ? "dropped" : event.data));
    calls.push({ id, data });
    const said = answer(data);
    if (said instanceof CallFailure) throw said;
    const [status, retryAfter] = typeof said === "number" ? [said, undefined] : said;
    return { status, retryAfter, text: "" };
  };
  told = new ToldHook({
    hook,
    streams: tidings,
    caller: { call },
    meter: noMeter,
    log: new ThrottledLog(silentLog),
    now: () => now,
    random: () => 0.5,
  });
});

afterEach(() => told.stop());

function add(...all: unknown[]): void {
  for (const data of all) tidings.tell("published", "room", { data });
}

const waiting = async () => (await tidings.state("crm")).waiting;
/** Looks, and waits for all that comes of it. */
async function look(): Promise<void> {
  const before = calls.length;
  await told.look();
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(before));
  await vi.waitFor(async () => expect(await settled()).toBe(true));
}

/** Whether no call is under way any more. */
async function settled(): Promise<boolean> {
  const before = calls.length;
  await new Promise((resolve) => setTimeout(resolve, 5));
  return calls.length === before;
}

it("takes batches of its size, in order, each under an id of its own", async () => {
  add(...Array.from({ length: 20 }, (_, index) => index));
  await look();
  expect(calls.map(({ data }) => data.length)).toEqual([8, 8, 4]);
  expect(calls.flatMap(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  for (const { id } of calls) expect(id).not.toContain(".");
  expect(await waiting()).toBe(0);
});

it.each([
  ["answers 500", () => 500],
  ["answers 301", () => 301],
  ["answers 404", () => 404],
  ["is silent", () => new CallFailure("timeout")],
])("is told the same again, later each time, when it %s", async (_what, fails) => {
  answer = fails;
  add(1, 2);
  await look();
  expect(told.failing).toBe(true);
  now += 999;
  await told.look();
  await settled();
  expect(calls).toHaveLength(1);
  now += 1;
  await look();
  expect(calls).toHaveLength(2);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
  answer = () => 204;
  now += 400_000;
  await look();
  expect([await waiting(), told.failing]).toEqual([0, false]);
});

it("is left alone for as long as it asks for", async () => {
  answer = () => [429, "90"];
  add(1);
  await look();
  now += 89_000;
  await told.look();
  await settled();
  expect(calls).toHaveLength(1);
  now += 20_001;
  await look();
  expect(calls).toHaveLength(2);
});

it.each([400, 413, 422])(
  "refuses one event with %i, which is found, set aside and passed over",
  async (status) => {
    answer = (data) => (data.includes("bad") ? status : 200);
    add(1, 2, 3, "bad", 4, 5, 6, 7);
    await look();
    expect(await waiting()).toBe(0);
    const taken = calls.filter(({ data }) => !data.includes("bad")).flatMap(({ data }) => data);
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await tidings.aside("crm")).toEqual([
      { at: now, status, event: expect.objectContaining({ data: "bad" }) },
    ]);
    expect(told.failing).toBe(false);
  },
);

it("is taken to fail when it refuses ten in a row", async () => {
  answer = () => 400;
  add(...Array.from({ length: 30 }, (_, index) => index));
  await look();
  expect(await tidings.aside("crm")).toHaveLength(10);
  expect([await waiting(), told.failing]).toEqual([20, true]);
});

it("hears first what was let go, and once", async () => {
  answer = () => 500;
  add("lost");
  now += hook.keep.age + 1;
  answer = () => 200;
  add("kept");
  await look();
  add("next");
  await look();
  expect(calls.map(({ data }) => data)).toEqual([["dropped", "kept"], ["next"]]);
});
