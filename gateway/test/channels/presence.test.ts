import { afterEach, beforeEach, expect, it } from "vitest";
import { Feed } from "../../src/channels/feed.ts";
import { Presence } from "../../src/channels/presence.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { lasting, rule, TestNode } from "./node.ts";
import { RecordingRooms } from "./rooms.ts";

const channel = "a";
let node: TestNode;
let rooms: RecordingRooms;
let witness: Connection;

beforeEach(async () => {
  rooms = new RecordingRooms();
  const presence = (events: boolean) => ({ read: "anyone", events, linger: 0 }) as const;
  const rules = [
    rule("quiet", { presence: presence(false) }),
    rule("none"),
    rule("*", { presence: presence(true), history: lasting }),
  ];
  node = new TestNode({ rules, rooms });
  witness = await enter("witness");
});

afterEach(() => node.stop());

async function subscribe(connection: Connection, name = channel, since?: string): Promise<void> {
  await node.subscriptions.subscribe(connection, [{ channel: name, since }], () => {});
}

async function enter(user: string, info?: unknown): Promise<Connection> {
  const connection = node.open(user, { info });
  await subscribe(connection);
  return connection;
}

/** A while after what was told before. */
async function setAway(connection: Connection, since: number | undefined): Promise<void> {
  node.clock.advance(1_000);
  connection.awaySince = since;
  await node.presence.setAway(connection);
}

/** What the witness was told of others. */
const told = () =>
  rooms
    .sentTo(witness.id)
    .filter(({ payload }) => payload.user !== "witness")
    .map(({ event, payload }) => `${event} ${payload.user}`);

const users = async (name = channel) => (await node.presence.page(name)).users;

it("tells of a user's first connection and of the last one's end", async () => {
  const first = await enter("ann");
  const second = await enter("ann");
  expect(await users()).toContainEqual({ user: "ann", state: "online", connections: 2 });
  await node.subscriptions.end(first);
  expect(told()).toEqual(["joined ann"]);
  node.clock.advance(1_000);
  await node.subscriptions.end(second);
  expect(told()).toEqual(["joined ann", "left ann"]);
  expect(await users()).toEqual([{ user: "witness", state: "online", connections: 1 }]);
});

it("tells that a user is away when all connections are, and back with the first", async () => {
  const first = await enter("ann");
  const second = await enter("ann");
  await setAway(first, 1);
  expect(told()).toEqual(["joined ann"]);
  await setAway(second, 2);
  expect(await users()).toContainEqual({ user: "ann", state: "away", since: 2, connections: 2 });
  await setAway(first, undefined);
  expect(told()).toEqual(["joined ann", "away ann", "back ann"]);
});

it("tells that a user is away when the connection goes that was not", async () => {
  const first = await enter("ann");
  const second = await enter("ann");
  await setAway(first, 1);
  node.clock.advance(1_000);
  await node.subscriptions.end(second);
  expect(told()).toEqual(["joined ann", "away ann"]);
});

it("knows that a connection is away that subscribes later", async () => {
  const connection = node.open("ann");
  connection.awaySince = 7;
  await subscribe(connection);
  expect(await users()).toContainEqual({ user: "ann", state: "away", since: 7, connections: 1 });
  expect(told()).toEqual(["joined ann", "away ann"]);
});

it("does not flicker when a connection subscribes again", async () => {
  const connection = await enter("ann");
  await subscribe(connection, channel, "start");
  await subscribe(connection, channel, "gone:1");
  expect(told()).toEqual(["joined ann"]);
});

it("shows the info of the user", async () => {
  await enter("ann", { name: "Ann" });
  expect(await users()).toContainEqual({
    user: "ann",
    info: { name: "Ann" },
    state: "online",
    connections: 1,
  });
  expect(rooms.sentTo(witness.id).at(-1)?.payload).toEqual({
    channel,
    user: "ann",
    info: { name: "Ann" },
  });
});

it("does not count who did not become live", async () => {
  for (let count = 0; count < 301; count += 1) await node.publish(channel, count);
  const connection = node.open("ann");
  await subscribe(connection, channel, "start");
  expect(connection.held.size).toBe(0);
  expect((await users()).map(({ user }) => user)).toEqual(["witness"]);
});

it("does not count who went while subscribing", async () => {
  const connection = node.open("ann");
  const done = subscribe(connection);
  connection.closed = true;
  await expect(done).rejects.toMatchObject({ code: "disconnected" });
  expect((await users()).map(({ user }) => user)).toEqual(["witness"]);
  expect(rooms.membersOf(channel)).toEqual(new Set([witness.id]));
});

it("is kept without events where a rule says so, and not at all without presence", async () => {
  await subscribe(witness, "quiet");
  await subscribe(witness, "none");
  const connection = node.open("ann");
  await subscribe(connection, "quiet");
  await subscribe(connection, "none");
  expect(told()).toEqual([]);
  expect((await users("quiet")).map(({ user }) => user)).toEqual(["ann", "witness"]);
  expect(await users("none")).toEqual([]);
});

it("is read in pages that together show everybody once", async () => {
  for (const user of ["dan", "ann", "eve", "bob"]) await enter(user);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await node.presence.page(channel, 2, cursor);
    expect(page.total).toBe(5);
    seen.push(...page.users.map(({ user }) => user));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(["ann", "bob", "dan", "eve", "witness"]);
});

it("says for whom a change is told to a channel with events, and says nothing of those without", async () => {
  const told: string[] = [];
  const store = node.backplane.presence;
  const presence = new Presence(store, ({ id }, name) => void told.push(`${id} ${name}`));
  const connection = node.open("ann");
  for (const name of ["quiet", "none", channel]) {
    const feed = new Feed(name, node.rules.policyOf(name), rooms);
    await presence.enter(connection, feed);
    connection.held.set(name, { feed, since: undefined, tokenLife: undefined, granted: false });
  }
  expect(told).toEqual([`${connection.id} ${channel}`]);
  connection.awaySince = 1;
  await presence.setAway(connection);
  for (const { feed } of connection.held.values()) await presence.leave(connection, feed);
  expect(told).toEqual(Array.from({ length: 3 }, () => `${connection.id} ${channel}`));
});
