import { beforeEach, describe, expect, it } from "vitest";
import { Breaker } from "../../src/hooks/breaker.ts";

let now: number;
let breaker: Breaker;

beforeEach(() => {
  now = 500;
  breaker = new Breaker(() => now);
});

function calls(answered: number, unanswered: number): void {
  for (let n = 0; n < answered; n++) breaker.record("usual", true);
  for (let n = 0; n < unanswered; n++) breaker.record("usual", false);
}

/** Lets the one call through that finds out, and ends it. */
function probe(answered: boolean): void {
  now += breaker.wait;
  expect(breaker.pass()).toBe("probe");
  breaker.record("probe", answered);
}

describe("a breaker", () => {
  it("opens at 20 calls of which half brought no answer", () => {
    calls(9, 10);
    expect(breaker.pass()).toBe("usual");
    calls(0, 1);
    expect(breaker.open).toBe(true);
    expect(breaker.pass()).toBeUndefined();
    expect(breaker.wait).toBe(1_000);
  });

  it("stays closed while more than half are answered", () => {
    calls(101, 100);
    expect(breaker.open).toBe(false);
    calls(0, 1);
    expect(breaker.open).toBe(true);
  });

  it("forgets what is older than ten seconds", () => {
    calls(0, 19);
    now += 10_000;
    calls(0, 1);
    expect(breaker.open).toBe(false);
    now += 9_000;
    calls(0, 18);
    expect(breaker.open).toBe(false);
    calls(0, 1);
    expect(breaker.open).toBe(true);
  });

  it("lets one call through after its pause, and the next one only once that has ended", () => {
    calls(0, 20);
    now += 999;
    expect(breaker.pass()).toBeUndefined();
    now += 1;
    expect(breaker.pass()).toBe("probe");
    expect(breaker.pass()).toBeUndefined();
    breaker.record("probe", true);
    expect(breaker.open).toBe(false);
    expect(breaker.pass()).toBe("usual");
    // What was counted before is of another time.
    calls(0, 19);
    expect(breaker.open).toBe(false);
  });

  it("doubles its pause up to ten seconds, and begins anew once it was closed", () => {
    calls(0, 20);
    for (const pause of [2_000, 4_000, 8_000, 10_000, 10_000]) {
      probe(false);
      expect(breaker.wait).toBe(pause);
    }
    probe(true);
    calls(0, 20);
    expect(breaker.wait).toBe(1_000);
  });

  it("does not count calls that began before it opened", () => {
    calls(0, 20);
    calls(100, 0);
    expect(breaker.open).toBe(true);
    probe(true);
    expect(breaker.open).toBe(false);
  });
});
