import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Alarms } from "../../src/connection/alarms.ts";
import { TokenWatch } from "../../src/connection/token-watch.ts";
import { ManualClock } from "../backplane/memory/harness.ts";

const minute = 60_000;
let clock: ManualClock;
let alarms: Alarms;
let log: string[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  alarms = new Alarms(clock.now);
  alarms.start();
  log = [];
});

afterEach(() => {
  alarms.stop();
  vi.useRealTimers();
});

/** @param left milliseconds until the token's expiry, and until the session's end */
function watch(left: number, endLeft = left): TokenWatch<string> {
  const events = {
    expiring: (session: string, expiresAt: number) =>
      void log.push(`${session} expiring in ${expiresAt - clock.now()}`),
    expired: (session: string) => void log.push(`${session} expired`),
  };
  const now = clock.now();
  return new TokenWatch(alarms, events, "ann", { expiresAt: now + left, end: now + endLeft, now });
}

function pass(ms: number): void {
  clock.advance(ms);
  alarms.ring();
}

it("tells a minute before the end, and at the end", () => {
  watch(60 * minute);
  pass(58 * minute);
  expect(log).toEqual([]);
  pass(minute);
  expect(log).toEqual([`ann expiring in ${minute}`]);
  pass(minute - 1_000);
  expect(log).toHaveLength(1);
  pass(2_000);
  expect(log.slice(1)).toEqual(["ann expired"]);
});

it("tells half-way where less than two minutes are left", () => {
  watch(40_000);
  pass(19_000);
  expect(log).toEqual([]);
  pass(2_000);
  expect(log).toEqual(["ann expiring in 19000"]);
  pass(20_000);
  expect(log.slice(1)).toEqual(["ann expired"]);
});

it("lasts to the session's end where that is later than the token's", () => {
  watch(-10_000, 20_000);
  pass(11_000);
  expect(log).toEqual(["ann expiring in -21000"]);
  pass(10_000);
  expect(log.slice(1)).toEqual(["ann expired"]);
});

it.each([0, 60 * minute - 30_000])(
  "tells nothing once it is stopped, also after the warning: %i",
  (before) => {
    const stopped = watch(60 * minute);
    pass(before);
    const told = log.length;
    stopped.stop();
    pass(120 * minute);
    expect(log).toHaveLength(told);
  },
);
