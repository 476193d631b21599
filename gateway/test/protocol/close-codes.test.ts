import { expect, it } from "vitest";
import { type ErrorCode, failureKinds } from "../../src/errors.ts";
import { closeCodeOf, closeCodes, closeReasonText } from "../../src/protocol/close-codes.ts";

const codes = Object.keys(failureKinds) as ErrorCode[];

it("whoever stays away has 44xx, whoever comes back 45xx, and each code has one of them", () => {
  for (const code of codes) {
    const { stays, returns } = closeCodes[code];
    expect(stays ?? returns, code).toBeDefined();
    if (stays !== undefined) expect(Math.floor(stays / 100), code).toBe(44);
    if (returns !== undefined) expect(Math.floor(returns / 100), code).toBe(45);
  }
});

it("what may be retried comes back", () => {
  for (const code of codes.filter((each) => failureKinds[each].retryable)) {
    expect(closeCodeOf(code, true), code).toBeGreaterThanOrEqual(4500);
  }
});

it.each([
  ["token_expired", false, 4401],
  ["token_expired", true, 4510],
  ["disconnected", false, 4410],
  ["disconnected", true, 4511],
  ["internal", false, 4500],
  ["timeout", false, 4503],
  ["forbidden", true, 4403],
] as const)("%s, to come back: %s, is %i", (code, reconnect, number) => {
  expect(closeCodeOf(code, reconnect)).toBe(number);
});

it("a reason has the code's name, and is cut to what a close frame holds, at a character", () => {
  expect(closeReasonText("forbidden", "No.")).toBe("forbidden: No.");
  const reason = closeReasonText("bad_request", "界".repeat(60));
  expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  expect(Buffer.byteLength(reason)).toBeGreaterThan(119);
  expect(reason).toMatch(/^bad_request: 界+$/);
  expect(closeReasonText("bad_request", "👋".repeat(60)).isWellFormed()).toBe(true);
});
