import { describe, expect, it } from "vitest";
import { Rules } from "../../src/channels/rules.ts";
import { lasting, rule } from "./node.ts";

const minute = 60_000;

describe("the policy of a channel", () => {
  it("is that of the first rule that matches", () => {
    const rules = new Rules([rule("chat:vip", { publish: "nobody" }), rule("chat:*"), rule("chat:vip")], 255);
    expect(rules.policyOf("chat:vip")).toMatchObject({ publish: "nobody", rule: 0 });
    expect(rules.policyOf("chat:1")).toMatchObject({ publish: "anyone", rule: 1 });
  });

  it("is told apart by its rule, for what is counted by rule", () => {
    const rules = new Rules([rule("a:*"), rule("b:*")], 255);
    expect([rules.policyOf("a:1").rule, rules.policyOf("b:1").rule, rules.policyOf("a:2").rule]).toEqual([
      0, 1, 0,
    ]);
  });

  it.each(["chat", "chat:1:2", "__proto__"])("is unknown where no rule matches: %s", (channel) => {
    const rules = new Rules([rule("chat:*")], 255);
    expect(() => rules.policyOf(channel)).toThrow(expect.objectContaining({ code: "unknown_channel" }));
  });

  it.each(["", "a b", "}a", "AZaz09_-AZaz09_-AZaz", "x".repeat(21)])(
    "is refused for a bad name: %s",
    (channel) => {
      const rules = new Rules([rule("**")], 20);
      expect(() => rules.policyOf(channel)).toThrow(expect.objectContaining({ code: "bad_request" }));
    },
  );
});

describe("a personal channel", () => {
  const closed = { personal: true, subscribe: "nobody", publish: "nobody", latest: false };

  it("is its user's, with a history, whatever rules for all channels say", () => {
    const everything = rule("**", {
      presence: { read: "anyone", events: true, linger: 10_000 },
      history: lasting,
      latest: true,
      conflate: 200,
      rate: { publish: 1, burst: 1 },
    });
    for (const rules of [new Rules([], 255), new Rules([everything], 255)]) {
      const policy = rules.policyOf("user:ann");
      expect(policy).toEqual({
        ...closed,
        history: { size: 200, ttl: 30 * minute, read: "subscriber" },
        rule: expect.any(Number),
      });
    }
  });

  it("takes size and ttl of its history, and nothing else, from a rule for users", () => {
    const history = { size: 5, ttl: minute, read: "anyone" } as const;
    const rules = new Rules(
      [rule("user:*", { history, presence: { read: "anyone", events: true, linger: 10_000 } })],
      255,
    );
    expect(rules.policyOf("user:ann")).toEqual({
      ...closed,
      history: { size: 5, ttl: minute, read: "subscriber" },
      rule: expect.any(Number),
    });
  });

  it("keeps no history for an anonymous user, who never comes back", () => {
    const rules = new Rules([rule("user:**", { history: lasting })], 255);
    expect(rules.policyOf("user:anon:abc").history).toBeUndefined();
    expect(rules.policyOf("user:anon:abc").personal).toBe(true);
    expect(rules.policyOf("user:anonymous").history).toBeDefined();
  });

  it("takes the first such rule that matches", () => {
    const size = (size: number) => ({ history: { ...lasting, size } });
    const rules = new Rules([rule("user:ann", size(1)), rule("user:**", size(2))], 255);
    expect(rules.policyOf("user:ann").history?.size).toBe(1);
    expect(rules.policyOf("user:a:b").history?.size).toBe(2);
  });

  it("is not one that is only named like it", () => {
    const rules = new Rules([rule("**")], 255);
    for (const channel of ["user:", "users:ann", "chat:user:ann"]) {
      expect(rules.policyOf(channel).personal).toBe(false);
    }
  });
});
