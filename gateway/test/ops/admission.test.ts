import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Admission } from "../../src/ops/admission.ts";

let state: { draining: boolean; healthy: boolean };

beforeEach(() => {
  state = { draining: false, healthy: true };
});

afterEach(() => {
  vi.restoreAllMocks();
});

function createAdmission(rate = 0): Admission {
  return new Admission({ draining: () => state.draining, healthy: () => state.healthy, rate });
}

it("lets everybody in while nothing is in the way", () => {
  const admission = createAdmission();
  const failures = Array.from({ length: 1_000 }, () => admission.upgrade());
  expect(failures.every((failure) => failure === undefined)).toBe(true);
  expect(admission.obstacle()).toBeUndefined();
});

it("lets nobody in while the node drains, nor while the shared state is out of reach", () => {
  const admission = createAdmission();
  state.healthy = false;
  expect(admission.upgrade()).toMatchObject({ code: "unavailable", retryable: true, after: 2_000 });
  expect(admission.obstacle()).toMatchObject({ code: "unavailable" });
  state.draining = true;
  expect(admission.upgrade()).toMatchObject({ code: "draining", retryable: true, after: 1_000 });
  expect(admission.obstacle()).toMatchObject({ code: "draining" });
  state = { draining: false, healthy: true };
  expect(admission.upgrade()).toBeUndefined();
});

it("lets so many in at once, and tells the others to come back at different times", () => {
  const admission = createAdmission(100);
  const failures = Array.from({ length: 1_000 }, () => admission.upgrade());
  const refused = failures.filter((failure) => failure !== undefined);
  expect(failures.slice(0, 100).every((failure) => failure === undefined)).toBe(true);
  expect(refused.length).toBeGreaterThan(0);
  for (const { code, retryable, after = 0 } of refused) {
    expect({ code, retryable }).toEqual({ code: "rate_limited", retryable: true });
    expect(after).toBeGreaterThanOrEqual(1_000);
    expect(after).toBeLessThan(5_000);
  }
  expect(new Set(refused.map(({ after }) => after)).size).toBeGreaterThan(1);
});

it("does not count a handshake that it refuses for another reason", () => {
  const admission = createAdmission(1);
  state.draining = true;
  for (let count = 0; count < 10; count += 1) admission.upgrade();
  state.draining = false;
  expect(admission.upgrade()).toBeUndefined();
});

it("judges a handshake that passed the upgrade by what is in the way, not by the rate", () => {
  const admission = createAdmission(1);
  admission.upgrade();
  expect(admission.obstacle()).toBeUndefined();
});
