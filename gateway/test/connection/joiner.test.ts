import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelClaims } from "../../src/auth/token.ts";
import { Verifier } from "../../src/auth/verifier.ts";
import type { JoinResult } from "../../src/channels/subscriptions.ts";
import { Alarms } from "../../src/connection/alarms.ts";
import { FreshRevocations } from "../../src/connection/fresh-revocations.ts";
import { Joiner } from "../../src/connection/joiner.ts";
import { Visits } from "../../src/connection/visits.ts";
import { Failure } from "../../src/errors.ts";
import { lasting, rule, TestNode } from "../channels/node.ts";
import { RecordingRooms } from "../channels/rooms.ts";

const minute = 60_000;
const rules = [
  rule("secret:*", {
    subscribe: "token",
    history: lasting,
    presence: { read: "anyone", events: true, linger: 0 },
  }),
  rule("*"),
];

let node: TestNode;
let rooms: RecordingRooms;
let alarms: Alarms;
let joiner: Joiner;
let revocations: FreshRevocations;
/** What is stored of revocations: user to Unix seconds. */
let revokedBefore: Map<string, number>;

/** A channel token reads `user channel minutes`, and where that matters the Unix seconds when it was issued. */
async function verifyChannel(token: string): Promise<ChannelClaims> {
  const [user = "", channel = "", minutes = "", issuedAt = "0"] = token.split(" ");
  if (minutes === "") throw new Failure("unauthorized");
  return { user, channel, issuedAt: Number(issuedAt), expiresAt: start + Number(minutes) * minute };
}

const noSession = () => Promise.reject(new Failure("unauthorized"));

/** Milliseconds. */
const leeway = 30_000;
let start: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  rooms = new RecordingRooms();
  revokedBefore = new Map();
  node = new TestNode({ rules, rooms });
  start = node.clock.now();
  alarms = new Alarms(node.clock.now);
  alarms.start();
  const { subscriptions, presence } = node;
  const { now } = node.clock;
  const verifier = new Verifier(
    { verify: noSession, verifyChannel },
    { revokedBefore: async (user) => revokedBefore.get(user) },
  );
  revocations = new FreshRevocations(now);
  joiner = new Joiner({
    subscriptions,
    presence,
    verifier,
    revocations,
    alarms,
    visits: new Visits(node.backplane.users),
    maxChannels: 128,
    now,
    leeway,
  });
});

afterEach(async () => {
  alarms.stop();
  await node.stop();
  vi.useRealTimers();
});

type Held = ReturnType<TestNode["open"]>;

async function join(connection: Held, ...items: { channel: string; token?: string }[]) {
  const answers: JoinResult[][] = [];
  await joiner.join(connection, items, (results) => answers.push(results));
  expect(answers).toHaveLength(1);
  return answers[0]?.map((result) => ("failure" in result ? result.failure.code : "ok"));
}

/** Lets time pass, and what rings be seen to. */
async function pass(ms: number): Promise<void> {
  node.clock.advance(ms);
  alarms.ring();
  await new Promise((resolve) => setImmediate(resolve));
}

it("refuses what is beyond the bound on channels before its token is looked at", async () => {
  const ann = node.open("ann");
  const items = Array.from({ length: 130 }, (_, index) => ({ channel: `open:${index}`, token: "nonsense" }));
  const codes = (await join(ann, ...items)) ?? [];
  expect(new Set(codes.slice(0, 128))).toEqual(new Set(["unauthorized"]));
  expect(codes.slice(128)).toEqual(["limit_exceeded", "limit_exceeded"]);
});

describe("channel tokens", () => {
  it("let their user into their channel, and nobody and nowhere else", async () => {
    const ann = node.open("ann");
    const token = "ann secret:1 5";
    const items = [
      { channel: "secret:1", token },
      { channel: "secret:2", token },
      { channel: "secret:3" },
      { channel: "secret:4", token: "bob secret:4 5" },
      { channel: "secret:5", token: "nonsense" },
      { channel: "open" },
    ];
    expect(await join(ann, ...items)).toEqual([
      "ok",
      "forbidden",
      "forbidden",
      "forbidden",
      "unauthorized",
      "ok",
    ]);
    expect([...ann.held.keys()]).toEqual(["secret:1", "open"]);
  });

  it("end their subscription when they expire", async () => {
    const ann = node.open("ann");
    await join(ann, { channel: "secret:1", token: "ann secret:1 5" });
    await pass(5 * minute - 1_000);
    expect(ann.held.size).toBe(1);
    await pass(2_000);
    expect(ann.held.size).toBe(0);
    expect(rooms.membersOf("secret:1").size).toBe(0);
    expect(ann.wire.of("unsubscribed")).toMatchObject([
      { channel: "secret:1", error: { code: "token_expired" } },
    ]);
  });

  it("are followed by newer ones", async () => {
    const ann = node.open("ann");
    await join(ann, { channel: "secret:1", token: "ann secret:1 5" });
    await join(ann, { channel: "secret:1", token: "ann secret:1 60" });
    await pass(30 * minute);
    expect(ann.held.size).toBe(1);
    await pass(31 * minute);
    expect(ann.held.size).toBe(0);
  });

  it("are followed by newer ones also after an attempt without one", async () => {
    const ann = node.open("ann");
    await join(ann, { channel: "secret:1", token: "ann secret:1 5" });
    expect(await join(ann, { channel: "secret:1" })).toEqual(["forbidden"]);
    await join(ann, { channel: "secret:1", token: "ann secret:1 60" });
    await pass(30 * minute);
    expect(ann.wire.of("unsubscribed")).toEqual([]);
    expect(ann.held.size).toBe(1);
  });

  it("ask for nothing once their subscription has ended", async () => {
    const ann = node.open("ann");
    await join(ann, { channel: "secret:1", token: "ann secret:1 5" });
    await joiner.leave(ann, "secret:1");
    await pass(10 * minute);
    expect(ann.wire.sent).toEqual([]);
  });
});

describe("a channel token that was revoked", () => {
  const [old, fresh] = ["ann secret:1 5 20", "ann secret:2 5 21"];

  it("lets nobody in, and one that was issued later does", async () => {
    const ann = node.open("ann");
    revokedBefore.set("ann", 20);
    const items = [
      { channel: "secret:1", token: old },
      { channel: "secret:2", token: fresh },
    ];
    expect(await join(ann, ...items)).toEqual(["unauthorized", "ok"]);
    expect([...ann.held.keys()]).toEqual(["secret:2"]);
  });

  it("lets nobody in where that cannot be asked", async () => {
    const ann = node.open("ann");
    vi.spyOn(revokedBefore, "get").mockImplementation(() => {
      throw new Failure("unavailable");
    });
    expect(await join(ann, { channel: "secret:1", token: old })).toEqual(["unavailable"]);
  });

  it("ends its subscription, and no other", async () => {
    const ann = node.open("ann");
    await join(
      ann,
      { channel: "secret:1", token: old },
      { channel: "secret:2", token: fresh },
      { channel: "open" },
    );
    expect(await joiner.endRevoked(ann, 20)).toBe(true);
    expect([...ann.held.keys()]).toEqual(["secret:2", "open"]);
    expect(ann.wire.of("unsubscribed")).toMatchObject([{ channel: "secret:1", error: { code: "revoked" } }]);
    expect(await joiner.endRevoked(ann, 20)).toBe(false);
  });

  it("ends a subscription that the revocation could not find yet", async () => {
    const ann = node.open("ann");
    const joined = join(ann, { channel: "secret:1", token: old });
    revocations.note("ann", 20);
    expect(await joined).toEqual(["ok"]);
    expect(ann.held.size).toBe(0);
    expect(ann.wire.of("unsubscribed")).toMatchObject([{ channel: "secret:1", error: { code: "revoked" } }]);
    await pass(10 * minute);
    expect(ann.wire.of("unsubscribed")).toHaveLength(1);
  });
});

describe("backends", () => {
  it("subscribe whom the rules would not", async () => {
    const ann = node.open("ann");
    const results: JoinResult[] = [];
    await joiner.grant(ann, "secret:1", (result) => results.push(result));
    expect(results).toMatchObject([{ channel: "secret:1", outcome: { more: false } }]);
    await joiner.recheck(ann);
    expect(ann.held.has("secret:1")).toBe(true);
  });
});

describe("a recheck", () => {
  it("ends what the claims do not allow any more, and says so", async () => {
    const allow = [{ channels: ["secret:*"], can: ["subscribe"], covers: () => true } as const];
    const subject = { user: "ann", anonymous: false, allow };
    const ann = node.open("ann", { subject });
    await join(ann, { channel: "secret:1" }, { channel: "open" });
    ann.identity = { ...ann.identity, subject: { ...subject, allow: [] } };
    await joiner.recheck(ann);
    expect([...ann.held.keys()]).toEqual(["open"]);
    expect(ann.wire.of("unsubscribed")).toMatchObject([
      { channel: "secret:1", error: { code: "forbidden" } },
    ]);
  });
});

describe("a connection that goes away", () => {
  it("is away everywhere since it first said so, also where it subscribes later", async () => {
    const ann = node.open("ann");
    const awayIn = async (channel: string) =>
      (await node.presence.page(channel)).users.map(({ state, since }) => [state, since]);
    await joiner.grant(ann, "secret:1", () => {});
    await joiner.setAway(ann, true);
    node.clock.advance(minute);
    await joiner.setAway(ann, true);
    await joiner.grant(ann, "secret:2", () => {});
    for (const channel of ["secret:1", "secret:2"]) expect(await awayIn(channel)).toEqual([["away", start]]);
    await joiner.setAway(ann, false);
    for (const channel of ["secret:1", "secret:2"]) {
      expect(await awayIn(channel)).toEqual([["online", undefined]]);
    }
  });

  it("and comes back again and again is told of once a second, with what is so then", async () => {
    const [bob, ann] = [node.open("bob"), node.open("ann")];
    for (const connection of [bob, ann]) await joiner.grant(connection, "secret:1", () => {});
    const heard = () =>
      rooms
        .sentTo(bob.id)
        .filter(({ payload }) => payload.user === "ann")
        .map(({ event }) => event);
    await pass(2_000);
    for (let count = 0; count < 10; count += 1) await joiner.setAway(ann, count % 2 === 0);
    expect(heard()).toEqual(["joined", "away"]);
    await pass(2_000);
    expect(heard()).toEqual(["joined", "away", "back"]);
    await joiner.setAway(ann, true);
    await joiner.setAway(ann, false);
    await pass(2_000);
    expect(heard()).toEqual(["joined", "away", "back"]);
    await joiner.setAway(ann, true);
    expect(heard()).toEqual(["joined", "away", "back", "away"]);
  });
});
