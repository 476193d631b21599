import { beforeEach, expect, it } from "vitest";
import { FreshRevocations } from "../../src/connection/fresh-revocations.ts";

let now: number;
let revocations: FreshRevocations;

beforeEach(() => {
  now = 1_000_000;
  revocations = new FreshRevocations(() => now);
});

it("cover the user's tokens up to the newest that was told", () => {
  expect(revocations.cover("ann", 0)).toBe(false);
  revocations.note("ann", 20);
  revocations.note("ann", 10);
  expect([19, 20, 21].map((issuedAt) => revocations.cover("ann", issuedAt))).toEqual([true, true, false]);
  expect(revocations.cover("bob", 10)).toBe(false);
});

it("are forgotten after a minute, as long as others are told", () => {
  revocations.note("ann", 20);
  now += 40_000;
  revocations.note("bob", 20);
  now += 20_000;
  revocations.note("cid", 20);
  expect(["ann", "bob", "cid"].map((user) => revocations.cover(user, 20))).toEqual([false, true, true]);
});
