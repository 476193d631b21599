import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RefusalReason } from "../../src/meter.ts";
import { Admission } from "../../src/ops/admission.ts";
import type { Shortage } from "../../src/ops/overload.ts";

const address = "203.0.113.7";
let state: { draining: boolean; healthy: boolean; shortage: Shortage | undefined };
let refused: RefusalReason[];

beforeEach(() => {
  state = { draining: false, healthy: true, shortage: undefined };
  refused = [];
});

function createAdmission(rate = 0): Admission {
  return new Admission({
    draining: () => state.draining,
    healthy: () => state.healthy,
    shortage: () => state.shortage,
    rate,
    now: () => 100,
    onRefused: (reason) => refused.push(reason),
  });
}

it("lets everybody in while nothing is in the way", () => {
  const admission = createAdmission();
  const failures = Array.from({ length: 1_000 }, () => admission.upgradeObstacle(address));
  expect(failures.every((failure) => failure === undefined)).toBe(true);
  expect(admission.obstacle()).toBeUndefined();
  expect(refused).toEqual([]);
});

it("lets nobody in while the node drains, nor while the shared state is out of reach", () => {
  const admission = createAdmission();
  state.healthy = false;
  expect(admission.upgradeObstacle(address)).toMatchObject({ code: "unavailable", retryable: true });
  expect(admission.obstacle()).toMatchObject({ code: "unavailable" });
  state.draining = true;
  expect(admission.upgradeObstacle(address)).toMatchObject({ code: "draining", retryable: true });
  expect(admission.obstacle()).toMatchObject({ code: "draining" });
  state = { ...state, draining: false, healthy: true };
  expect(admission.upgradeObstacle(address)).toBeUndefined();
  expect(refused).toEqual(["unavailable", "draining"]);
});

it.each(["lag", "memory", "descriptors"] as const)(
  "lets nobody in for the upgrade while it is short: %s",
  (shortage) => {
    const admission = createAdmission();
    state.shortage = shortage;
    expect(admission.upgradeObstacle(address)).toMatchObject({ code: "unavailable", retryable: true });
    expect(refused).toEqual([shortage]);
    // Its upgrade is done: to refuse it now would cost more than to go on, and it would come back.
    expect(admission.obstacle()).toBeUndefined();
    expect(admission.unready()).toBeUndefined();
  },
);

it("lets so many in at once", () => {
  const admission = createAdmission(100);
  const failures = Array.from({ length: 1_000 }, () => admission.upgradeObstacle(address));
  const turnedAway = failures.filter((failure) => failure !== undefined);
  expect(failures.slice(0, 100).every((failure) => failure === undefined)).toBe(true);
  expect(turnedAway.length).toBeGreaterThan(0);
  for (const failure of turnedAway) expect(failure).toMatchObject({ code: "rate_limited", retryable: true });
  expect(refused).toEqual(turnedAway.map(() => "rate"));
});

describe("an address", () => {
  // A machine that is slow would fill the buckets between two calls.
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** How many of so many handshakes the node takes, with whatever each carries. */
  function ask(admission: Admission, address: string, count: number, channels = 0): number {
    const refusals = Array.from(
      { length: count },
      () => admission.upgradeObstacle(address) ?? admission.burden(address, channels),
    );
    return refusals.filter((refusal) => refusal === undefined).length;
  }

  it("that asks for more than there is leaves room for those that ask for less", () => {
    const admission = createAdmission(100);
    ask(admission, "203.0.113.9", 1);
    expect(ask(admission, address, 1_000)).toBeLessThanOrEqual(80);
    expect(ask(admission, "203.0.113.9", 5)).toBe(5);
    expect(ask(admission, "2001:db8::1", 1)).toBe(1);
  });

  it("has fewer handshakes where each of them carries much", () => {
    const admission = createAdmission(100);
    ask(admission, "203.0.113.9", 1);
    const light = ask(admission, address, 1_000, 16);
    expect(ask(createAdmission(100), address, 1_000, 128)).toBeLessThan(light / 8);
  });

  it("has fewer where they are refused", () => {
    const admission = createAdmission(100);
    ask(admission, "203.0.113.9", 1);
    let tried = 0;
    for (; admission.upgradeObstacle(address) === undefined; tried += 1) admission.noteRefused(address);
    expect(tried).toBeLessThanOrEqual(40);
  });

  it("is told to come back where it carries too much", () => {
    const admission = createAdmission(10);
    ask(admission, address, 10);
    expect(admission.burden(address, 16)).toBeUndefined();
    expect(admission.burden(address, 128)).toMatchObject({ code: "rate_limited", retryable: true });
  });
});

describe("those who are sent away", () => {
  it.each([
    ["because it drains", () => (state.draining = true)],
    ["because the shared state is out of reach", () => (state.healthy = false)],
    ["because it is busy", () => (state.shortage = "lag")],
    ["because they are too many", () => {}],
  ])("%s are told to come back at different times", (_why, begin) => {
    const admission = createAdmission(1);
    admission.upgradeObstacle(address);
    begin();
    const times = Array.from({ length: 100 }, () => admission.upgradeObstacle(address)?.after ?? 0);
    for (const after of times) expect(after).toBeGreaterThanOrEqual(1_000);
    for (const after of times) expect(after).toBeLessThan(5_000);
    expect(new Set(times).size).toBeGreaterThan(10);
  });
});

it("does not count a handshake that it refuses for another reason", () => {
  const admission = createAdmission(1);
  state.draining = true;
  for (let count = 0; count < 10; count += 1) admission.upgradeObstacle(address);
  state.draining = false;
  expect(admission.upgradeObstacle(address)).toBeUndefined();
});

it("judges a handshake that passed the upgrade by what is in the way, not by the rate", () => {
  const admission = createAdmission(1);
  admission.upgradeObstacle(address);
  expect(admission.obstacle()).toBeUndefined();
});

it("is ready while the shared state is out of reach, once it has let somebody in", () => {
  const admission = createAdmission();
  state.healthy = false;
  expect(admission.unready()).toMatchObject({ code: "unavailable" });
  state.healthy = true;
  expect(admission.upgradeObstacle(address)).toBeUndefined();
  state.healthy = false;
  expect(admission.unready()).toBeUndefined();
});
