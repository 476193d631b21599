import { beforeEach, describe, expect, it } from "vitest";
import { Accounts, nodeUnits } from "../../src/connection/accounts.ts";
import { Connection } from "../../src/connection/connection.ts";
import { FakeWire } from "./wire.ts";

let time: number;
let accounts: Accounts;

beforeEach(() => {
  time = 5_000;
  accounts = new Accounts({ rate: 10, burst: 20, now: () => time });
});

function connect(user: string, address = "203.0.113.7"): Connection {
  const wire = Object.assign(new FakeWire("c"), { address });
  return new Connection(
    wire,
    { subject: { user, anonymous: false, allow: [] }, info: undefined, channels: [] },
    1,
  );
}

describe("a user", () => {
  it("may do four times what one connection may, over however many", () => {
    const connections = Array.from({ length: 10 }, () => connect("ann"));
    for (const connection of connections) accounts.take(connection, 8);
    for (const connection of connections) {
      expect(() => accounts.take(connection, 1)).toThrow(
        expect.objectContaining({ code: "rate_limited", after: 25 }),
      );
    }
    expect(() => accounts.take(connect("ann"), 1)).toThrow();
    accounts.take(connect("bob"), 1);
    time += 1_000;
    accounts.take(connect("ann"), 40);
    expect(() => accounts.take(connect("ann"), 1)).toThrow();
  });

  it("pays later what was not known before, and gets back what was not needed", () => {
    const connection = connect("ann");
    accounts.charge(connection, 200);
    expect(() => accounts.take(connection, 1)).toThrow(expect.objectContaining({ after: 3_025 }));
    accounts.charge(connection, -200);
    accounts.take(connection, 80);
  });

  it("pays for what is told of it to many", () => {
    accounts.chargeTold("ann", 10);
    accounts.take(connect("ann"), 80);
    accounts.chargeTold("ann", 1_600);
    expect(() => accounts.take(connect("ann"), 1)).toThrow(expect.objectContaining({ after: 2_525 }));
  });

  it("is let through with what costs more than there can be, once all is there", () => {
    accounts.take(connect("ann"), 10_000);
    expect(() => accounts.take(connect("ann"), 1)).toThrow();
  });
});

describe("an address", () => {
  /** What each of so many users at an address gets out of a second's worth of requests. */
  function ask(address: string, users: number): number {
    let passed = 0;
    for (let user = 0; user < users; user += 1) {
      const connection = connect(`${address}-${user}`, address);
      for (let count = 0; count < 80; count += 1) {
        try {
          accounts.take(connection, 1);
          passed += 1;
        } catch {}
      }
    }
    return passed;
  }

  it("alone may have whatever it asks for", () => {
    expect(ask("198.51.100.1", 500)).toBe(40_000);
  });

  it("that asks for most leaves room for the others", () => {
    accounts.take(connect("bob", "203.0.113.9"), 1);
    expect(ask("198.51.100.1", 500)).toBe((nodeUnits.perSecond * 4) / 5);
    expect(ask("203.0.113.9", 1)).toBe(80);
    for (let host = 1; host < 100; host += 1)
      expect(ask(`192.0.2.${host}`, 30)).toBeGreaterThanOrEqual(2_400);
  });

  it("of IPv6 is a whole network", () => {
    accounts.take(connect("bob", "203.0.113.9"), 1);
    for (let host = 1; host <= 500; host += 1) ask(`2001:db8:1:2::${host.toString(16)}`, 1);
    expect(ask("2001:db8:1:2:ffff::1", 1)).toBe(0);
    expect(ask("2001:db8:1:3::1", 1)).toBe(80);
  });
});

describe("the rate of a rule", () => {
  const slow = { rule: 1, rate: { publish: 1, burst: 2 } };

  it("is a user's, whatever connection publishes", () => {
    accounts.takePublication(connect("ann"), slow);
    accounts.takePublication(connect("ann"), slow);
    expect(() => accounts.takePublication(connect("ann"), slow)).toThrow(
      expect.objectContaining({ code: "rate_limited", after: 1_000 }),
    );
    accounts.takePublication(connect("bob"), slow);
    time += 1_000;
    accounts.takePublication(connect("ann"), slow);
  });

  it("is each rule's own, and none where the rule sets none", () => {
    const ann = connect("ann");
    for (const rule of [1, 2])
      for (let count = 0; count < 2; count += 1) accounts.takePublication(ann, { ...slow, rule });
    expect(() => accounts.takePublication(ann, slow)).toThrow();
    for (let count = 0; count < 1_000; count += 1) accounts.takePublication(ann, { rule: 3 });
  });
});
