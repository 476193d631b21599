import { describe, expect, it } from "vitest";
import type { Command } from "../../src/backplane/ports.ts";
import type { TidingOptions, Told, Visitor } from "../../src/backplane/tidings.ts";
import type { TidingKind } from "../../src/config/hooks.ts";
import { noReports } from "../support/reports.ts";
import { draft, lasting, type MakeHarness, useHarness } from "./harness.ts";
import { listener } from "./listeners.ts";
import { quiet } from "./manners.ts";

type Current = ReturnType<typeof useHarness>;

/** An event as it is told. */
interface Event {
  id: string;
  type: TidingKind;
  time: number;
  key: string;
  order: string;
  user?: string;
  [member: string]: unknown;
}

const settle = 1_500;
const options: TidingOptions = {
  listeners: [
    listener("all"),
    listener("few", { kinds: new Set(["online"]) }),
    listener("small", { kinds: new Set(["published"]), keep: { size: 16 * 4_096, age: 60_000 } }),
  ],
  settle,
  silence: 45_000,
  connectionsPerUser: 3,
};

/** What every implementation tells hooks. */
export function tidingsContract(name: string, makeHarness: MakeHarness): void {
  describe(`${name}: tidings`, () => {
    const replaced: string[] = [];
    const target = {
      execute: async (command: Command) => {
        if (command.kind === "replace") replaced.push(command.connection);
        return { connections: [] };
      },
      describe: () => ({
        node: "node-a",
        version: "0",
        uptime: 0,
        connections: 0,
        subscriptions: 0,
        draining: false,
      }),
      ...noReports,
    };
    const harness = useHarness((setup) => makeHarness({ ...setup, tidings: options }), target);
    describe("of users", () => userCases(harness, replaced));
    describe("of channels", () => channelCases(harness));
    describe("in streams", () => streamCases(harness));
  });
}

function visitor(user: string, connection: string, since: number): Visitor {
  return { user, connection, since, address: "192.0.2.1", agent: "test/1", platform: "wechat" };
}

const departure = (heard: number) => ({ code: "transport_close", heard });

/** All that waits for a hook, stream by stream. */
async function eventsOf(harness: Current, hook = "all"): Promise<Event[]> {
  const { tidings } = harness().backplane;
  const events: Event[] = [];
  for (const tag of await tidings.look(hook)) {
    const batch = await tidings.take(hook, tag, { size: 1_000, bytes: 1_000_000 });
    events.push(...(batch?.tidings ?? []).map(({ text }) => JSON.parse(text) as Event));
  }
  return events;
}

/** Of one key, in order. */
async function typesOf(harness: Current, key: string, hook = "all"): Promise<string[]> {
  return (await eventsOf(harness, hook)).filter((event) => event.key === key).map(({ type }) => type);
}

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

function userCases(harness: Current, replaced: string[]): void {
  const now = () => harness().now();

  it("are the connection, with all that is known of it, and the user who is online", async () => {
    const { users } = harness().backplane;
    const ann = visitor("ann", "a1", now());
    await users.connected(ann);
    const events = await eventsOf(harness);
    const known = { user: "ann", address: "192.0.2.1", agent: "test/1", platform: "wechat" };
    expect(events).toEqual([
      expect.objectContaining({ type: "connected", key: "a1", ...known }),
      expect.objectContaining({ type: "online", key: "ann", since: expect.any(Number) }),
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    for (const { order, time } of events) {
      expect(order).toMatch(/^\w+:[12]$/);
      expect(Math.abs(time - now())).toBeLessThan(60_000);
    }
    expect(await typesOf(harness, "ann", "few")).toEqual(["online"]);
  });

  it("are the end of the connection at once, and the user's once nobody has come back", async () => {
    const { users } = harness().backplane;
    const [first, second] = [visitor("ann", "a1", now() - 2_000), visitor("ann", "a2", now())];
    const heard = now() - 7;
    for (const one of [first, second]) await users.connected(one);
    await users.disconnected(second, departure(heard - 1));
    await users.disconnected(first, departure(heard));
    const ended = (await eventsOf(harness)).find(({ type, key }) => type === "disconnected" && key === "a1");
    expect(ended).toMatchObject({ user: "ann", code: "transport_close" });
    expect(ended?.seconds).toBeGreaterThanOrEqual(1.9);
    expect(await typesOf(harness, "ann")).toEqual(["online"]);
    await until(harness, async () => expect(await typesOf(harness, "ann")).toEqual(["online", "offline"]));
    const offline = (await eventsOf(harness)).find(({ type }) => type === "offline");
    expect(offline).toMatchObject({ key: "ann", heard, since: expect.any(Number) });
    expect(await users.page(10, undefined)).toEqual({ users: [] });
  });

  it("say nothing of a user who comes back in time", async () => {
    const { users } = harness().backplane;
    await users.connected(visitor("ann", "a1", now()));
    await users.disconnected(visitor("ann", "a1", now()), departure(now()));
    await users.connected(visitor("ann", "a2", now()));
    await users.setAway(visitor("ann", "a2", now()), now());
    await users.setAway(visitor("ann", "a2", now()), undefined);
    await users.connected(visitor("bob", "b1", now()));
    await users.disconnected(visitor("bob", "b1", now()), departure(now()));
    await until(harness, async () => expect(await typesOf(harness, "bob")).toContain("offline"));
    expect(await typesOf(harness, "ann")).toEqual(["online"]);
    expect(await typesOf(harness, "a1")).toEqual(["connected", "disconnected"]);
  });

  it("say that a user is away once that has lasted, back at once, and offline after away", async () => {
    const { users } = harness().backplane;
    const ann = visitor("ann", "a1", now());
    const since = now();
    await users.connected(ann);
    await users.setAway(ann, since);
    expect(await typesOf(harness, "ann")).toEqual(["online"]);
    await until(harness, async () => expect(await typesOf(harness, "ann")).toContain("away"));
    expect((await eventsOf(harness)).at(-1)).toMatchObject({ type: "away", since, heard: since });
    expect((await users.page(10, undefined)).users).toEqual([
      { user: "ann", state: "away", since, connections: 1 },
    ]);
    await users.setAway(ann, undefined);
    await users.setAway(ann, now());
    await users.disconnected(ann, departure(now()));
    await until(harness, async () => expect(await typesOf(harness, "ann")).toContain("offline"));
    const [online, away, back, ...last] = await typesOf(harness, "ann");
    expect([online, away, back]).toEqual(["online", "away", "back"]);
    expect([["offline"], ["away", "offline"]]).toContainEqual(last);
  });

  it("come once, however often the same is reported", async () => {
    const { users } = harness().backplane;
    const ann = visitor("ann", "a1", now());
    for (let count = 0; count < 3; count += 1) await users.connected(ann);
    for (let count = 0; count < 3; count += 1) await users.disconnected(ann, departure(now()));
    expect(await typesOf(harness, "a1")).toEqual(["connected", "disconnected"]);
    expect(await typesOf(harness, "ann")).toEqual(["online"]);
  });

  it("end the oldest connection of a user who has more than are allowed", async () => {
    const { users } = harness().backplane;
    replaced.length = 0;
    for (const [index, connection] of ["a1", "a2", "a3", "a4"].entries()) {
      await users.connected(visitor("ann", connection, now() + index));
    }
    await until(harness, async () => expect(replaced).toEqual(["a1"]));
    expect((await users.page(10, undefined)).users).toMatchObject([{ user: "ann", connections: 3 }]);
    await users.disconnected(visitor("ann", "a1", now()), departure(now()));
    const ended = (await eventsOf(harness)).filter(({ type }) => type === "disconnected");
    expect(ended).toEqual([expect.objectContaining({ key: "a1", code: "replaced" })]);
  });

  it("are there to repair from: who is online, by pages", async () => {
    const { users } = harness().backplane;
    const all = Array.from({ length: 45 }, (_, index) => `u${index}`);
    await Promise.all(all.map((user) => users.connected(visitor(user, `c-${user}`, now()))));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await users.page(7, cursor);
      expect(page.users.length).toBeLessThanOrEqual(7);
      seen.push(...page.users.map(({ user }) => user));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual([...all].sort());
  });
}

function channelCases(harness: Current): void {
  it("are that somebody is there, and that nobody is any more", async () => {
    const { presence } = harness().backplane;
    const [ann, bob] = ["ann", "bob"].map((user) => ({ user, connection: user }));
    if (!ann || !bob) throw new Error("There are two.");
    for (const one of [ann, bob]) await presence.enter("room", one, quiet);
    await presence.enter("deaf", ann, quiet);
    await presence.leave("room", ann, quiet);
    expect(await typesOf(harness, "room")).toEqual(["occupied"]);
    await presence.leave("room", bob, quiet);
    await presence.enter("room", ann, quiet);
    await presence.enter("other", ann, quiet);
    await presence.leave("other", ann, quiet);
    await until(harness, async () =>
      expect(await typesOf(harness, "other")).toEqual(["occupied", "vacated"]),
    );
    expect(await typesOf(harness, "room")).toEqual(["occupied"]);
    expect(await typesOf(harness, "deaf")).toEqual([]);
  });

  it("are each publication that is stored, once, and of a long one where it stands", async () => {
    const { broker } = harness().backplane;
    const brief = '{"channel":"room","time":1';
    const { position } = await broker.publish(
      draft("room", "long", { retention: lasting, brief, idempotencyKey: "k" }),
    );
    await broker.publish(draft("room", "long", { retention: lasting, brief, idempotencyKey: "k" }));
    const short = await broker.publish(draft("room", { a: "ä" }, { retention: lasting }));
    await broker.publish(draft("room", "not stored"));
    await broker.publish(draft("deaf", 1, { retention: lasting }));
    const text = (of: typeof position) => `${of?.epoch}:${of?.offset}`;
    expect((await eventsOf(harness)).map(({ type, key, message }) => [type, key, message])).toEqual([
      ["published", "room", { channel: "room", time: 1, position: text(position) }],
      ["published", "room", { channel: "room", data: { a: "ä" }, time: 1, position: text(short.position) }],
    ]);
  });

  it("are what a user has not seen: away, offline, and while it was about to go", async () => {
    const { broker, users } = harness().backplane;
    const tell = (data: string) => broker.publish(draft("user:ann", data, { retention: lasting }));
    const unseen = async () =>
      (await eventsOf(harness))
        .filter(({ type }) => type === "unseen")
        .map(({ key, state, message }) => [key, state, (message as { data: string }).data]);
    const ann = visitor("ann", "a1", harness().now());
    await tell("before");
    await users.connected(ann);
    await tell("seen");
    await users.disconnected(ann, departure(harness().now()));
    await tell("on the way");
    await users.connected(ann);
    await tell("seen too");
    await users.disconnected(ann, departure(harness().now()));
    await tell("lost");
    expect(await unseen()).toEqual([["ann", "offline", "before"]]);
    await until(harness, async () => expect(await typesOf(harness, "ann")).toContain("offline"));
    await tell("after");
    const offline = ["before", "lost", "after"].map((data) => ["ann", "offline", data]);
    expect(await unseen()).toEqual(offline);
    await users.connected(ann);
    await users.setAway(ann, harness().now());
    await tell("in the background");
    await until(harness, async () => expect(await typesOf(harness, "ann")).toContain("away"));
    await tell("still there");
    const away = ["in the background", "still there"].map((data) => ["ann", "away", data]);
    expect(await unseen()).toEqual([...offline, ...away]);
    const kinds = await typesOf(harness, "ann");
    expect(kinds.lastIndexOf("online")).toBeLessThan(kinds.indexOf("away"));
    await broker.publish(draft("user:anon:x", 1, { retention: lasting }));
    expect(await unseen()).toHaveLength(5);
  });
}

function streamCases(harness: Current): void {
  const publish = async (count: number, channel = "room") => {
    for (let number = 1; number <= count; number += 1) {
      await harness().backplane.broker.publish(draft(channel, number, { retention: lasting }));
    }
  };
  const dataOf = (texts: readonly { text: string }[]) =>
    texts.map(({ text }) => JSON.parse(text).message.data as unknown);

  it("are given out oldest first, in batches, until they are told", async () => {
    await publish(5);
    const { tidings } = harness().backplane;
    const [tag = ""] = await tidings.look("all");
    const bound = { size: 2, bytes: 1_000_000 };
    const first = await tidings.take("all", tag, bound);
    expect(dataOf(first?.tidings ?? [])).toEqual([1, 2]);
    expect(dataOf((await tidings.take("all", tag, bound))?.tidings ?? [])).toEqual([1, 2]);
    let batch = first;
    const seen: unknown[] = [];
    while (batch && batch.tidings.length > 0) {
      seen.push(...dataOf(batch.tidings));
      const told: Told = { epoch: batch.epoch, number: batch.tidings.at(-1)?.number ?? 0, dropped: [] };
      batch = await tidings.take("all", tag, bound, told);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await tidings.look("all")).toEqual([]);
    expect(await tidings.state("all")).toEqual({ waiting: 0, bytes: 0 });
    const small = await tidings.take("all", tag, { size: 5, bytes: 1 });
    expect(small?.tidings).toEqual([]);
  });

  it("have each a bound of bytes, beyond which the oldest go and are counted", async () => {
    for (let number = 1; number <= 300; number += 1) {
      await harness().backplane.broker.publish(draft("room", "x".repeat(400), { retention: lasting }));
    }
    const { tidings } = harness().backplane;
    const { waiting, bytes, oldest } = await tidings.state("small");
    expect(bytes).toBeLessThanOrEqual(16 * 4_096);
    expect(Math.abs((oldest ?? 0) - harness().now())).toBeLessThan(60_000);
    const [tag = ""] = await tidings.look("small");
    const batch = await tidings.take("small", tag, { size: 1, bytes: 1_000 });
    const [dropped] = batch?.dropped ?? [];
    expect(dropped).toMatchObject({ because: "keep", count: 300 - waiting, from: expect.any(Number) });
    const number = batch?.tidings[0]?.number ?? 0;
    expect(number).toBe(300 - waiting + 1);
    const told = { epoch: batch?.epoch ?? "", number, dropped: batch?.dropped ?? [] };
    expect((await tidings.take("small", tag, { size: 1, bytes: 1_000 }, told))?.dropped).toEqual([]);
    expect((await tidings.state("small")).waiting).toBe(waiting - 1);
  });

  it("keep what was set aside, the newest first", async () => {
    const { tidings } = harness().backplane;
    const aside = [1, 2, 3].map((at) => ({ at, status: 422, event: { id: `e${at}` } }));
    await tidings.setAside("all", aside.slice(0, 2));
    await tidings.setAside("all", aside.slice(2));
    expect(await tidings.aside("all")).toEqual([...aside].reverse());
    expect(await tidings.aside("few")).toEqual([]);
  });

  it("say when something was added", async () => {
    const { tidings } = harness().backplane;
    const added: string[] = [];
    tidings.onAdded((tag) => added.push(tag));
    await publish(1);
    expect(await tidings.look("all")).toEqual([...new Set(added)]);
    for (const tag of added) await tidings.release("all", tag);
  });
}
