import { describe, expect, it } from "vitest";
import {
  type Action,
  actions,
  createGrant,
  permit,
  type Standing,
  type Subject,
} from "../../src/auth/permissions.ts";
import type { Who } from "../../src/config/rules.ts";

const ann: Subject = { user: "ann", anonymous: false, allow: [] };
const stranger: Subject = { user: "anon:c1", anonymous: true, allow: [] };
type Held = Omit<Standing, "subject">;

const outside: Held = { subscribed: false, channelToken: false };
const inside: Held = { ...outside, subscribed: true };
const tokened: Held = { ...outside, channelToken: true };

const table: [Who, Subject, Held, string][] = [
  ["nobody", ann, { ...inside, channelToken: true }, "forbidden"],
  ["anyone", ann, outside, "allowed"],
  ["anyone", stranger, outside, "allowed"],
  ["user", ann, outside, "allowed"],
  ["user", stranger, inside, "forbidden"],
  ["subscriber", ann, inside, "allowed"],
  ["subscriber", stranger, inside, "allowed"],
  ["subscriber", ann, outside, "not_subscribed"],
  ["token", ann, tokened, "allowed"],
  ["token", ann, inside, "forbidden"],
  ["hook", ann, inside, "forbidden"],
];

describe.each(actions)("who may %s", (action) => {
  it.each(table)("%s: %o with %o is %s", (who, subject, standing, decision) => {
    expect(permit(action, who, "chat:1", { subject, ...standing })).toBe(decision);
  });
});

describe("a channel whose hook is asked", () => {
  const decision = (action: Action, standing: Held) =>
    permit(action, "hook", "chat:1", { subject: ann, ...standing });

  it("is joined with what the hook has answered, which is held as a channel token", () => {
    expect(decision("subscribe", tokened)).toBe("allowed");
    expect(decision("subscribe", outside)).toBe("forbidden");
  });

  it("takes no publication on the ground of an answer to another question", () => {
    expect(decision("publish", { ...tokened, subscribed: true })).toBe("forbidden");
  });
});

describe("a grant", () => {
  const grant = createGrant({ channels: ["chat:*", "log:**"], can: ["subscribe", "history"] });
  const holder: Subject = { ...ann, allow: [createGrant({ channels: ["other"], can: [...actions] }), grant] };
  const ask = (action: Action, channel: string, who: Who = "token") =>
    permit(action, who, channel, { subject: holder, ...outside });

  it("covers the channels of its patterns", () => {
    expect(ask("subscribe", "chat:1")).toBe("allowed");
    expect(ask("subscribe", "log:a:b")).toBe("allowed");
    expect(ask("subscribe", "chat:1:2")).toBe("forbidden");
    expect(ask("subscribe", "quote:1")).toBe("forbidden");
  });

  it("covers its own actions only", () => {
    expect(ask("history", "chat:1")).toBe("allowed");
    expect(ask("publish", "chat:1")).toBe("forbidden");
    expect(ask("presence", "chat:1")).toBe("forbidden");
    expect(ask("publish", "other")).toBe("allowed");
  });

  it("counts only where the rule asks for a token", () => {
    expect(ask("subscribe", "chat:1", "nobody")).toBe("forbidden");
    expect(ask("subscribe", "chat:1", "subscriber")).toBe("not_subscribed");
  });

  it("keeps what was written", () => {
    expect(grant).toMatchObject({ channels: ["chat:*", "log:**"], can: ["subscribe", "history"] });
  });
});
