import { beforeEach, describe, expect, it } from "vitest";
import type { ChannelTokenLife, Held } from "../../src/channels/subscriber.ts";
import { Alarms } from "../../src/connection/alarms.ts";
import { Approvals } from "../../src/connection/approvals.ts";
import { Connection } from "../../src/connection/connection.ts";
import { KeptGrants } from "../../src/connection/kept-grants.ts";
import { Failure } from "../../src/errors.ts";
import type { SubscribeAnswer } from "../../src/hooks/ports.ts";
import { FakeWire } from "./wire.ts";

const minute = 60_000;
let now: number;
let alarms: Alarms;
let approvals: Approvals;
let connection: Connection;
let held: Held;
/** What the backend says, and how often it was asked. */
let said: SubscribeAnswer | Failure;
let asked: number;
let expelled: string[];

beforeEach(() => {
  now = 1_000_000;
  asked = 0;
  said = {};
  expelled = [];
  alarms = new Alarms(() => now);
  approvals = new Approvals({
    rules: { policyOf: () => ({ subscribe: "hook" }) as never },
    backend: {
      async subscribe() {
        asked += 1;
        return [said];
      },
    },
    verifier: {
      verifyChannel: () => Promise.reject(new Failure("unauthorized")),
      isRevoked: async () => false,
    },
    tokens: { signs: false, longest: 60 * minute, signChannel: () => Promise.reject(new Error("none")) },
    alarms,
    now: () => now,
  });
  const subject = { user: "ann", anonymous: false, allow: [] };
  connection = new Connection(new FakeWire("c1"), { subject, info: undefined, channels: [] }, 1);
});

/** Holds a channel by what the backend has said, and has it watched. */
function hold(tokenLife: ChannelTokenLife): void {
  held = { feed: { channel: "order:1" }, since: undefined, tokenLife, granted: false } as unknown as Held;
  connection.held.set("order:1", held);
  approvals.watch(connection, held, ({ code }) => expelled.push(code));
}

/** Lets time pass, second by second, and what rings be seen to. */
async function pass(milliseconds: number): Promise<void> {
  for (const end = now + milliseconds; now < end; now += 1_000) {
    alarms.ring();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a right that ends", () => {
  it("is asked for again in its last tenth, and not before", async () => {
    hold({ issuedAt: 1, expiresAt: now + 10 * minute, hook: {} });
    await pass(9 * minute);
    expect(asked).toBe(0);
    await pass(minute + 2_000);
    expect(asked).toBe(1);
    expect(held.tokenLife).toMatchObject({ expiresAt: Infinity });
  });

  it("goes on for five minutes while the backend cannot be asked, and ends then", async () => {
    said = new Failure("unavailable");
    hold({ issuedAt: 1, expiresAt: now + minute, hook: {} });
    await pass(minute + 4 * minute + 50_000);
    expect(expelled).toEqual([]);
    expect(asked).toBeGreaterThan(10);
    await pass(30_000);
    expect(expelled).toEqual(["unavailable"]);
  });

  it("ends with the first answer that will not change", async () => {
    said = new Failure("unavailable");
    hold({ issuedAt: 1, expiresAt: now + minute, hook: {} });
    await pass(2 * minute);
    said = new Failure("forbidden");
    await pass(20_000);
    expect(expelled).toEqual(["forbidden"]);
  });

  it("does not end with its grant, which is only the time in which nobody need be asked", async () => {
    said = new Failure("unavailable");
    hold({ issuedAt: 1, expiresAt: Infinity, hook: { grantedUntil: now + minute } });
    await pass(20 * minute);
    expect(expelled).toEqual([]);
    expect(asked).toBeGreaterThan(10);
  });

  it("is not asked for again once the subscription has ended, or begun anew", async () => {
    hold({ issuedAt: 1, expiresAt: now + minute, hook: {} });
    held.cancelAlarm?.();
    connection.held.delete("order:1");
    await pass(2 * minute);
    expect(asked).toBe(0);
  });
});

describe("kept grants", () => {
  const life = (info?: unknown): ChannelTokenLife => ({ issuedAt: 1, expiresAt: Infinity, hook: { info } });

  it("are each holder's own, and end", () => {
    const kept = new KeptGrants();
    kept.keep("ann", "order:1", life("a"), 10);
    expect(kept.find("ann", "order:1", 9)).toEqual(life("a"));
    expect(kept.find("bob", "order:1", 9)).toBeUndefined();
    expect(kept.find("ann", "order:2", 9)).toBeUndefined();
    expect(kept.find("ann", "order:1", 10)).toBeUndefined();
  });

  it("are the newest ten thousand, with a kilobyte of info each", () => {
    const kept = new KeptGrants();
    kept.keep("ann", "large", life("x".repeat(1_024)), 10);
    expect(kept.find("ann", "large", 1)).toBeUndefined();
    for (let index = 0; index <= 10_000; index += 1) kept.keep("ann", `order:${index}`, life(), 10);
    expect(kept.find("ann", "order:0", 1)).toBeUndefined();
    expect(kept.find("ann", "order:1", 1)).toEqual(life());
  });
});
