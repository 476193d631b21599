import { describe, expect, it } from "vitest";
import { type Action, actions, createGrant, type Subject } from "../../src/auth/permissions.ts";
import { authorize } from "../../src/channels/access.ts";
import { type ChannelPolicy, Rules } from "../../src/channels/rules.ts";
import type { Who } from "../../src/config/rules.ts";
import { Failure } from "../../src/errors.ts";

const channel = "chat:1";
const ann: Subject = { user: "ann", anonymous: false, allow: [] };

interface Kind {
  subject: Subject;
  subscribed: boolean;
  channelToken: boolean;
}

const outsider = { subject: ann, subscribed: false, channelToken: false };

const kinds: Record<string, Kind> = {
  anonymous: { ...outsider, subject: { user: "anon:1", anonymous: true, allow: [] } },
  user: outsider,
  subscriber: { ...outsider, subscribed: true },
  "anonymous subscriber": {
    ...outsider,
    subject: { user: "anon:1", anonymous: true, allow: [] },
    subscribed: true,
  },
  "holder of a channel token": { ...outsider, channelToken: true },
};

/** Which kinds each `who` lets pass. What `hook` does is not the same for all actions: permissions.test.ts has it. */
const allowed: Record<Exclude<Who, "hook">, string[]> = {
  nobody: [],
  anyone: Object.keys(kinds),
  user: ["user", "subscriber", "holder of a channel token"],
  subscriber: ["subscriber", "anonymous subscriber"],
  token: ["holder of a channel token"],
};

/** A policy whose every permission is `who`. */
function policyFor(who: Who): ChannelPolicy {
  const history = { size: 1, ttl: 1, read: who };
  const presence = { read: who, events: false };
  // The file's schema gives `subscribe` no `subscriber`; here the four actions are judged alike.
  return {
    subscribe: who,
    publish: who,
    history,
    presence,
    latest: false,
    personal: false,
    rule: 0,
  } as ChannelPolicy;
}

function verdict(action: Action, policy: ChannelPolicy, kind: Kind, name = channel): string {
  try {
    authorize(action, name, policy, kind);
    return "allowed";
  } catch (thrown) {
    return Failure.of(thrown).code;
  }
}

const cases = actions.flatMap((action) =>
  (Object.keys(allowed) as Exclude<Who, "hook">[]).flatMap((who) =>
    Object.keys(kinds).map((kind): [Action, Exclude<Who, "hook">, string] => [action, who, kind]),
  ),
);

describe("a rule", () => {
  it.each(cases)("%s: %s / %s", (action, who, kind) => {
    const denied = who === "subscriber" ? "not_subscribed" : "forbidden";
    const expected = allowed[who].includes(kind) ? "allowed" : denied;
    expect(verdict(action, policyFor(who), kinds[kind] ?? outsider)).toBe(expected);
  });

  it.each(actions)(
    "lets an `allow` claim %s where it says token, that action and those channels only",
    (action) => {
      const others = actions.filter((other) => other !== action);
      const allow = [createGrant({ channels: ["chat:*"], can: [action] })];
      const kind = { ...outsider, subject: { ...ann, allow } };
      const policy = policyFor("token");
      expect(verdict(action, policy, kind)).toBe("allowed");
      expect(verdict(action, policy, kind, "news:1")).toBe("forbidden");
      for (const other of others) expect(verdict(other, policy, kind)).toBe("forbidden");
      expect(verdict(action, policyFor("nobody"), kind)).toBe("forbidden");
    },
  );

  it.each(["presence", "history"] as const)("without %s has none, for anybody", (action) => {
    const bare: ChannelPolicy = {
      subscribe: "anyone",
      publish: "anyone",
      latest: false,
      personal: false,
      rule: 0,
    };
    for (const kind of Object.values(kinds)) expect(verdict(action, bare, kind)).toBe("not_found");
  });
});

describe("a personal channel", () => {
  const policy = new Rules([], 255).policyOf("user:bob");
  const bob = { ...outsider, subject: { ...ann, user: "bob" } };

  it.each(actions)("is forbidden to everybody else: %s", (action) => {
    const allow = [createGrant({ channels: ["**"], can: [...actions] })];
    const granted = { subject: { ...ann, allow }, subscribed: true, channelToken: true };
    for (const kind of [...Object.values(kinds), granted]) {
      expect(verdict(action, policy, kind, "user:bob")).toBe("forbidden");
    }
  });

  it.each(["subscribe", "history"] as const)("is open to its user: %s", (action) => {
    expect(verdict(action, policy, bob, "user:bob")).toBe("allowed");
  });

  it("is published to by backends only", () => {
    expect(verdict("publish", policy, { ...bob, subscribed: true }, "user:bob")).toBe("forbidden");
  });

  it("has no presence, for its user as for backends", () => {
    expect(verdict("presence", policy, { ...bob, subscribed: true }, "user:bob")).toBe("not_found");
  });

  it("of an anonymous user is that user's", () => {
    const own = new Rules([], 255).policyOf("user:anon:1");
    expect(verdict("subscribe", own, kinds.anonymous ?? outsider, "user:anon:1")).toBe("allowed");
    expect(verdict("subscribe", own, outsider, "user:anon:1")).toBe("forbidden");
  });
});
