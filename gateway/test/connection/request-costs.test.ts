import { expect, it } from "vitest";
import type { Held } from "../../src/channels/subscriber.ts";
import { Connection } from "../../src/connection/connection.ts";
import { changesToTell } from "../../src/connection/handlers/presence.ts";
import { itemsOf } from "../../src/connection/handlers/subscriptions.ts";
import { FakeWire } from "./wire.ts";

function connectionIn(channels: Record<string, { presence: boolean }>): Connection {
  const subject = { user: "ann", anonymous: false, allow: [] };
  const connection = new Connection(new FakeWire("c1"), { subject, info: undefined, channels: [] }, 1);
  for (const [channel, { presence }] of Object.entries(channels)) {
    const policy = presence ? { presence: { read: "anyone", events: true } } : {};
    connection.held.set(channel, { feed: { channel, policy }, granted: false } as unknown as Held);
  }
  return connection;
}

it("a subscribe to many costs as many", () => {
  const connection = connectionIn({});
  expect(itemsOf(connection, { channel: "a" })).toBe(1);
  expect(itemsOf(connection, [{ channel: "a" }, { channel: "b" }])).toBe(2);
});

it("a change of state costs one for each channel that is told, and what changes nothing costs one", () => {
  const connection = connectionIn({ a: { presence: true }, b: { presence: true }, c: { presence: false } });
  expect(changesToTell(true)(connection)).toBe(2);
  expect(changesToTell(false)(connection)).toBe(1);
  connection.awaySince = 1;
  expect(changesToTell(true)(connection)).toBe(1);
  expect(changesToTell(false)(connection)).toBe(2);
  expect(changesToTell(true)(connectionIn({ c: { presence: false } }))).toBe(1);
});
