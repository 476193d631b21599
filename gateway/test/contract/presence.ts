import { describe, expect, it } from "vitest";
import type { PresenceMember } from "../../src/backplane/ports.ts";
import { deliveriesOf, type MakeHarness, settle, settled, textOf, useHarness } from "./harness.ts";
import { quiet, told } from "./manners.ts";

type Current = ReturnType<typeof useHarness>;

/** What every PresenceStore does. */
export function presenceContract(name: string, makeHarness: MakeHarness): void {
  describe(`${name}: presence`, () => {
    const harness = useHarness(makeHarness);
    describe("users", () => userCases(harness));
    describe("announcements", () => announcementCases(harness));
    describe("pages", () => pageCases(harness));
    describe("lingering", () => lingerCases(harness));
    describe("pace", () => paceCases(harness));
  });
}

function member(user: string, connection: string, info?: unknown): PresenceMember {
  return info === undefined ? { user, connection } : { user, connection, info };
}

const ann1 = member("ann", "a1", { name: "Ann" });
const ann2 = member("ann", "a2", { name: "Ann at her desk" });
const bob = member("bob", "b1");
const annAtDesk = { user: "ann", info: { name: "Ann at her desk" } };
/** Unix milliseconds. */
const noon = 1_764_331_200_000;

function userCases(harness: Current): void {
  const usersOf = async (channel: string) =>
    (await harness().backplane.presence.page(channel, 100, undefined)).users;

  it("counts a user's connections until the last has left", async () => {
    const { presence } = harness().backplane;
    for (const one of [ann1, ann2, bob]) await presence.enter("room", one, quiet);
    expect(await presence.page("room", 100, undefined)).toEqual({
      total: 2,
      users: [
        { user: "ann", info: { name: "Ann at her desk" }, state: "online", connections: 2 },
        { user: "bob", state: "online", connections: 1 },
      ],
    });
    await presence.leave("room", ann2, quiet);
    expect(await usersOf("room")).toMatchObject([
      { user: "ann", info: { name: "Ann" }, connections: 1 },
      { user: "bob" },
    ]);
    await presence.leave("room", ann1, quiet);
    expect(await usersOf("room")).toMatchObject([{ user: "bob" }]);
  });

  it("is away when all connections are, since the last of them went", async () => {
    const { presence } = harness().backplane;
    for (const one of [ann1, ann2]) await presence.enter("room", one, quiet);
    await presence.setAway("room", ann1, noon + 1, quiet);
    expect(await usersOf("room")).toEqual([{ ...annAtDesk, state: "online", connections: 2 }]);
    await presence.setAway("room", ann2, noon, quiet);
    expect(await usersOf("room")).toEqual([{ ...annAtDesk, state: "away", since: noon + 1, connections: 2 }]);
    await presence.setAway("room", ann1, undefined, quiet);
    expect(await usersOf("room")).toEqual([{ ...annAtDesk, state: "online", connections: 2 }]);
    await presence.leave("room", ann1, quiet);
    expect(await usersOf("room")).toEqual([{ ...annAtDesk, state: "away", since: noon, connections: 1 }]);
  });

  it("is away since it first said so, until it is back", async () => {
    const { presence } = harness().backplane;
    const entered = { user: "bob", connections: 1 };
    await presence.enter("room", bob, quiet);
    await presence.setAway("room", bob, noon, quiet);
    await presence.setAway("room", bob, noon + 1, quiet);
    await presence.enter("room", bob, quiet);
    expect(await usersOf("room")).toEqual([{ ...entered, state: "away", since: noon }]);
    await presence.setAway("room", bob, undefined, quiet);
    expect(await usersOf("room")).toEqual([{ ...entered, state: "online" }]);
    await presence.setAway("room", bob, noon + 2, quiet);
    expect(await usersOf("room")).toEqual([{ ...entered, state: "away", since: noon + 2 }]);
  });

  it("takes entering twice as once, and a leave or away of a stranger as nothing", async () => {
    const { presence } = harness().backplane;
    await presence.leave("room", ann1, told);
    await presence.setAway("room", ann1, noon, told);
    expect(await usersOf("room")).toEqual([]);
    await presence.enter("room", ann1, quiet);
    await presence.enter("room", ann1, quiet);
    await presence.leave("room", ann2, quiet);
    await presence.setAway("room", bob, noon, quiet);
    expect(await usersOf("room")).toMatchObject([{ user: "ann", state: "online", connections: 1 }]);
    await presence.leave("room", ann1, quiet);
    expect(await usersOf("room")).toEqual([]);
  });

  it("keeps channels apart, whatever they and their users are called", async () => {
    const { presence } = harness().backplane;
    const names = ["__proto__", "constructor", "toString"];
    for (const name of names) await presence.enter(name, member(name, name), quiet);
    for (const name of names) {
      expect(await usersOf(name)).toEqual([{ user: name, state: "online", connections: 1 }]);
    }
  });

  it("gives the info back as it was", async () => {
    const { presence } = harness().backplane;
    const infos = [null, false, 0, "", [], { name: "小明", deep: [{ a: null }] }];
    for (const [index, info] of infos.entries()) {
      await presence.enter("room", member(`u${index}`, `c${index}`, info), quiet);
    }
    expect((await usersOf("room")).map(({ info }) => info)).toEqual(infos);
  });
}

/** The events of a subscribed channel, as `[event, user, info]`. */
async function announced(harness: Current, channel: string): Promise<unknown[]> {
  return (await settled(harness(), channel)).map((delivery) => {
    const [event, change] = JSON.parse(textOf(delivery).slice(2));
    return [event, change.user, change.info];
  });
}

function announcementCases(harness: Current): void {
  it("announces joined for the first connection and left for the last", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    for (const one of [ann1, ann1, ann2, bob]) await presence.enter("room", one, told);
    for (const one of [ann1, ann1, ann2, bob]) await presence.leave("room", one, told);
    expect(await announced(harness, "room")).toEqual([
      ["joined", "ann", { name: "Ann" }],
      ["joined", "bob", undefined],
      ["left", "ann", { name: "Ann at her desk" }],
      ["left", "bob", undefined],
    ]);
  });

  it("announces the whole payload, as an event without position and without exceptions", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    await presence.enter("room", ann1, told);
    const [delivery] = await settled(harness(), "room");
    expect(delivery).toMatchObject({ attachments: [], except: [] });
    expect(delivery).not.toHaveProperty("position");
    expect(JSON.parse(delivery ? textOf(delivery).slice(2) : "")).toEqual([
      "joined",
      { channel: "room", user: "ann", info: { name: "Ann" } },
    ]);
  });

  it("announces away when all connections are, and back when the first returns", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    for (const one of [ann1, ann2]) await presence.enter("room", one, told);
    for (const one of [ann1, ann1, ann2, ann2]) await presence.setAway("room", one, noon, told);
    for (const one of [ann1, ann2, ann2]) await presence.setAway("room", one, undefined, told);
    expect((await announced(harness, "room")).slice(1)).toEqual([
      ["away", "ann", { name: "Ann at her desk" }],
      ["back", "ann", { name: "Ann at her desk" }],
    ]);
  });

  it("announces with away since when, and with back that no more", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    await presence.enter("room", bob, told);
    await presence.setAway("room", bob, noon, told);
    await presence.setAway("room", bob, undefined, told);
    const payloads = (await settled(harness(), "room")).map((one) => JSON.parse(textOf(one).slice(2)));
    expect(payloads).toEqual([
      ["joined", { channel: "room", user: "bob" }],
      ["away", { channel: "room", user: "bob", since: noon }],
      ["back", { channel: "room", user: "bob" }],
    ]);
  });

  it("announces back for a new connection of a user who was away, away when the one online leaves", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    await presence.enter("room", ann1, told);
    await presence.setAway("room", ann1, noon, told);
    await presence.enter("room", ann2, told);
    await presence.leave("room", ann2, told);
    await presence.leave("room", ann1, told);
    expect(await announced(harness, "room")).toEqual([
      ["joined", "ann", { name: "Ann" }],
      ["away", "ann", { name: "Ann" }],
      ["back", "ann", { name: "Ann at her desk" }],
      ["away", "ann", { name: "Ann" }],
      ["left", "ann", { name: "Ann" }],
    ]);
  });

  it("announces nothing where it was not asked to, nor where nobody subscribed", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("silent", undefined);
    for (const channel of ["silent", "unheard"]) {
      const manner = channel === "unheard" ? told : quiet;
      await presence.enter(channel, ann1, manner);
      await presence.setAway(channel, ann1, noon, manner);
      await presence.setAway(channel, ann1, undefined, manner);
      await presence.leave(channel, ann1, manner);
    }
    expect(await announced(harness, "silent")).toEqual([]);
    await settle(harness());
    expect(deliveriesOf(harness(), "unheard")).toEqual([]);
  });
}

function pageCases(harness: Current): void {
  /** Some at a time: what waits longer than a call may fails. */
  const enterAll = async (users: readonly string[]) => {
    const { presence } = harness().backplane;
    for (let at = 0; at < users.length; at += 500) {
      const some = users.slice(at, at + 500);
      await Promise.all(some.map((user) => presence.enter("room", member(user, user), quiet)));
    }
  };

  const walk = async (limit: number, between: (page: number) => Promise<void> = async () => {}) => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await harness().backplane.presence.page("room", limit, cursor);
      pages.push(page.users.map(({ user }) => user));
      cursor = page.cursor;
      await between(pages.length);
    } while (cursor !== undefined);
    return pages;
  };

  it("has no users, total 0 and no cursor in an empty channel", async () => {
    const { presence } = harness().backplane;
    expect(await presence.page("room", 10, undefined)).toEqual({ total: 0, users: [] });
    expect(await presence.page("room", 10, "zoe")).toEqual({ total: 0, users: [] });
  });

  it("orders users by the code units of their ids and has a cursor only while some remain", async () => {
    await enterAll(["b", "a", "B", "é", "10", "9", "a:b"]);
    expect(await walk(3)).toEqual([["10", "9", "B"], ["a", "a:b", "b"], ["é"]]);
    expect(await walk(7)).toHaveLength(1);
    const { presence } = harness().backplane;
    expect(await presence.page("room", 3, undefined)).toMatchObject({ total: 7 });
  });

  it("shows who stays once, whoever comes and goes between the pages", async () => {
    const { presence } = harness().backplane;
    const stay = Array.from({ length: 20 }, (_, index) => `m${String(index).padStart(2, "0")}`);
    await enterAll(stay);
    const walked = await walk(4, async (page) => {
      await presence.enter("room", member(`a${page}`, `a${page}`), quiet);
      await presence.enter("room", member(`m0${page}x`, `m0${page}x`), quiet);
      if (page > 1) await presence.leave("room", member(`a${page - 1}`, `a${page - 1}`), quiet);
    });
    const staying = walked.flat().filter((user) => stay.includes(user));
    expect(staying).toEqual(stay);
    expect(new Set(walked.flat()).size).toBe(walked.flat().length);
  });

  it("goes on after a cursor whose user has left", async () => {
    const { presence } = harness().backplane;
    await enterAll(["a", "b", "c", "d"]);
    const { cursor } = await presence.page("room", 2, undefined);
    await presence.leave("room", member("b", "b"), quiet);
    const next = await presence.page("room", 2, cursor);
    expect(next.users.map(({ user }) => user)).toEqual(["c", "d"]);
    expect(next).toMatchObject({ total: 3 });
    expect(next).not.toHaveProperty("cursor");
  });

  it("walks 10,000 users, each once", async () => {
    const users = Array.from({ length: 10_000 }, (_, index) => `u${index}`);
    for (let at = 0; at < users.length; at += 500) await enterAll(users.slice(at, at + 500));
    const walked = await walk(100);
    expect(walked).toHaveLength(100);
    expect(walked.flat()).toEqual([...users].sort());
  });
}

const lingering = { ...told, linger: 1_500, hold: 4_000 };

function lingerCases(harness: Current): void {
  const usersOf = async () => (await harness().backplane.presence.page("room", 100, undefined)).users;
  const eventsOf = () => eventsIn(harness(), "room");

  it("keeps a user for a while whose last connection has ended, with none", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    for (const one of [ann1, ann2]) await presence.enter("room", one, lingering);
    for (const one of [ann1, ann2]) await presence.end("room", one, lingering);
    expect(await usersOf()).toEqual([{ ...annAtDesk, state: "online", connections: 0 }]);
    await harness().advance(lingering.linger);
    await until(harness, async () => expect(await usersOf()).toEqual([]));
    expect(eventsOf()).toEqual(["joined ann", "left ann"]);
  });

  it("tells nothing of a user who comes back meanwhile", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    await presence.enter("room", ann1, lingering);
    await presence.end("room", ann1, lingering);
    await presence.enter("room", ann2, lingering);
    await presence.enter("room", bob, lingering);
    await presence.end("room", bob, lingering);
    expect(await usersOf()).toMatchObject([
      { user: "ann", connections: 1 },
      { user: "bob", connections: 0 },
    ]);
    await until(harness, async () => expect(eventsOf()).toContain("left bob"));
    expect(eventsOf()).toEqual(["joined ann", "joined bob", "left bob"]);
  });

  it("lets a user go at once who leaves, also where it ended before", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    await presence.enter("room", ann1, lingering);
    await presence.end("room", ann1, lingering);
    await presence.enter("room", ann2, lingering);
    await presence.leave("room", ann2, lingering);
    expect(await usersOf()).toEqual([]);
    expect(await announced(harness, "room")).toHaveLength(2);
  });

  it("keeps a user for longer who was away, since when it went", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    const since = harness().now();
    await presence.enter("room", bob, lingering);
    await presence.setAway("room", bob, since, lingering);
    await presence.end("room", bob, lingering);
    await harness().advance(lingering.linger + 600);
    expect(await usersOf()).toEqual([{ user: "bob", state: "away", since, connections: 0 }]);
    await until(harness, async () => expect(await usersOf()).toEqual([]));
    expect(harness().now()).toBeGreaterThanOrEqual(since + lingering.hold);
    expect(eventsOf()).toEqual(["joined bob", "away bob", "left bob"]);
  });
}

const paced = { ...told, pace: 1_500 };

function paceCases(harness: Current): void {
  const eventsOf = () => eventsIn(harness(), "room");

  it("tells the last state of a user at the end of the pace, and nothing where it is as before", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    for (const one of [ann1, bob]) await presence.enter("room", one, paced);
    await presence.setAway("room", bob, noon, paced);
    for (let count = 0; count < 10; count += 1) {
      await presence.setAway("room", ann1, noon, paced);
      await presence.setAway("room", ann1, undefined, paced);
    }
    await until(harness, async () => expect(eventsOf()).toContain("away bob"));
    expect(eventsOf()).toEqual(["joined ann", "joined bob", "away bob"]);
  });

  it("tells of one who comes and goes in turn no more often", async () => {
    const { broker, presence } = harness().backplane;
    await broker.subscribe("room", undefined);
    for (let count = 0; count < 10; count += 1) {
      await presence.enter("room", ann1, paced);
      await presence.leave("room", ann1, paced);
    }
    await until(harness, async () => expect(eventsOf()).toContain("left ann"));
    for (let count = 0; count < 10; count += 1) {
      await presence.enter("room", ann1, paced);
      await presence.leave("room", ann1, paced);
    }
    await presence.enter("room", ann1, paced);
    expect(eventsOf()).toEqual(["joined ann", "left ann"]);
    await until(harness, async () => expect(eventsOf()).toHaveLength(3));
    expect(eventsOf()).toEqual(["joined ann", "left ann", "joined ann"]);
  });
}

/** What was delivered so far, as `event user`. */
function eventsIn(harness: ReturnType<Current>, channel: string): string[] {
  return deliveriesOf(harness, channel).map((delivery) => {
    const [event, change] = JSON.parse(textOf(delivery).slice(2));
    return `${event} ${change.user}`;
  });
}

/** Lets time pass until the check holds. */
async function until(harness: Current, check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await check();
    } catch (error) {
      if (tries === 100) throw error;
      await harness().advance(100);
      await harness().sweep();
    }
  }
}
