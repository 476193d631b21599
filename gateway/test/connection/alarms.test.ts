import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alarms } from "../../src/connection/alarms.ts";
import { ManualClock } from "../backplane/memory/harness.ts";

let clock: ManualClock;
let alarms: Alarms;
let rung: string[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  alarms = new Alarms(clock.now);
  alarms.start();
  rung = [];
});

afterEach(() => {
  alarms.stop();
  vi.useRealTimers();
});

/** @param delay milliseconds from now */
function set(name: string, delay: number): () => void {
  const alarm = { ring: () => void rung.push(name) };
  const slot = alarms.set(clock.now() + delay, alarm);
  return () => alarms.cancel(slot, alarm);
}

/** Time goes by for clock and timers alike. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.advance(Math.min(left, 1_000));
    vi.advanceTimersByTime(Math.min(left, 1_000));
  }
}

it("ring once, not before their time and at most a second after it", () => {
  set("a", 2_500);
  pass(2_000);
  expect(rung).toEqual([]);
  pass(2_000);
  expect(rung).toEqual(["a"]);
  pass(60_000);
  expect(rung).toEqual(["a"]);
});

it("ring in the order of their times, whatever the order in which they were set", () => {
  set("late", 30_000);
  set("early", 10_000);
  pass(40_000);
  expect(rung).toEqual(["early", "late"]);
});

it("ring within a second when their time is past already", () => {
  set("past", -60_000);
  set("now", 0);
  expect(rung).toEqual([]);
  pass(1_000);
  expect(rung).toEqual(["past", "now"]);
});

it("do not ring once they are cancelled", () => {
  const cancel = set("a", 5_000);
  set("b", 5_000);
  cancel();
  pass(10_000);
  expect(rung).toEqual(["b"]);
});

it("may be cancelled again, and after they rang, without harm to others of the same time", () => {
  const cancel = set("a", 5_000);
  cancel();
  set("b", 5_000);
  cancel();
  pass(10_000);
  cancel();
  set("c", 1_000);
  pass(2_000);
  expect(rung).toEqual(["b", "c"]);
});

it("may set another alarm while they ring", () => {
  alarms.set(clock.now() + 1_000, { ring: () => void set("next", 0) });
  pass(1_000);
  expect(rung).toEqual([]);
  pass(1_000);
  expect(rung).toEqual(["next"]);
});

it("do not ring once all are stopped", () => {
  set("a", 1_000);
  alarms.stop();
  pass(5_000);
  alarms.ring();
  expect(rung).toEqual([]);
});

describe("when the clock jumps", () => {
  it("forward, all that it jumped over rings", () => {
    set("a", 10_000);
    set("b", 3_600_000);
    clock.advance(7_200_000);
    pass(1_000);
    expect(rung).toEqual(["a", "b"]);
  });

  it("back, what was set before rings by the clock, and once", () => {
    set("a", 10_000);
    clock.advance(-60_000);
    pass(60_000);
    expect(rung).toEqual([]);
    pass(11_000);
    expect(rung).toEqual(["a"]);
  });

  it("back, what is set afterwards does not wait until the clock is where it was", () => {
    clock.advance(-3_600_000);
    pass(1_000);
    set("a", 10_000);
    pass(11_000);
    expect(rung).toEqual(["a"]);
  });
});
