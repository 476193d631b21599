import { describe, expect, it } from "vitest";
import { AddressLimit } from "../../src/auth/address-limit.ts";

function limitOf(perMinute: number) {
  const clock = { now: 0 };
  const limit = new AddressLimit(perMinute, () => clock.now);
  /** How many of these pass. */
  const passed = (...addresses: string[]) => addresses.filter((address) => limit.take(address)).length;
  return { clock, passed };
}

describe("the limit of an address", () => {
  it("is its own, and begins anew with the minute", () => {
    const { clock, passed } = limitOf(2);
    expect(passed("1.1.1.1", "1.1.1.1", "1.1.1.1", "2.2.2.2")).toBe(3);
    clock.now = 59_999;
    expect(passed("1.1.1.1")).toBe(0);
    clock.now = 60_000;
    expect(passed("1.1.1.1")).toBe(1);
  });

  it("begins anew also when the clock is set back", () => {
    const { clock, passed } = limitOf(1);
    clock.now = 1_000_000;
    expect(passed("1.1.1.1", "1.1.1.1")).toBe(1);
    clock.now = 0;
    expect(passed("1.1.1.1")).toBe(1);
  });

  it.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:1:2:3"],
    ["2001:db8::1", "2001:db8:0:0:1::"],
    ["::1", "0:0:0:0:0:0:0:2"],
  ])("is that of the /64 network: %s and %s", (one, other) => {
    expect(limitOf(1).passed(one, other)).toBe(1);
  });

  it.each([
    ["2001:db8:1:2::1", "2001:db8:1:3::1"],
    ["::ffff:1.1.1.1", "::ffff:1.1.1.2"],
  ])("tells networks apart: %s and %s", (one, other) => {
    expect(limitOf(1).passed(one, other)).toBe(2);
  });

  it("forgets those seen first rather than grow for ever", () => {
    const { passed } = limitOf(1);
    expect(passed("first")).toBe(1);
    expect(passed(...Array.from({ length: 10_000 }, (_, index) => `a${index}`))).toBe(10_000);
    expect(passed("first", "a9999")).toBe(1);
  });

  it("of 0 is none", () => {
    expect(limitOf(0).passed("1.1.1.1", "1.1.1.1", "1.1.1.1")).toBe(3);
  });
});
