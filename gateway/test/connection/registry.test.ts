import { expect, it } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { Registry } from "../../src/connection/registry.ts";
import { FakeWire } from "./wire.ts";

function connectionOf(user: string, id: string): Connection {
  const subject = { user, anonymous: false, allow: [] };
  return new Connection(new FakeWire(id), { subject, info: undefined, channels: [] }, 1);
}

it("finds connections by id and by user", () => {
  const registry = new Registry();
  const [a1, a2, a3, b1] = ["a1", "a2", "a3", "b1"].map((id) => connectionOf(id.slice(0, 1), id));
  for (const connection of [a1, a2, a3, b1]) if (connection) registry.add(connection);
  expect(registry.size).toBe(4);
  expect(registry.get("a2")).toBe(a2);
  expect(registry.ofUser("a")).toEqual([a1, a2, a3]);
  expect(registry.ofUser("b")).toEqual([b1]);
  expect(registry.all()).toEqual([a1, a2, a3, b1]);
});

it("forgets each connection when it goes, and the user with the last", () => {
  const registry = new Registry();
  const first = connectionOf("a", "a1");
  const second = connectionOf("a", "a2");
  registry.add(first);
  registry.add(second);
  registry.remove(first);
  expect(registry.ofUser("a")).toEqual([second]);
  expect(registry.get("a1")).toBeUndefined();
  registry.remove(second);
  expect(registry.ofUser("a")).toEqual([]);
  expect(registry.size).toBe(0);
  registry.add(first);
  expect(registry.ofUser("a")).toEqual([first]);
});

it("does not mind a connection that it does not have", () => {
  const registry = new Registry();
  const known = connectionOf("a", "a1");
  registry.add(known);
  registry.remove(connectionOf("a", "a2"));
  registry.remove(connectionOf("b", "b1"));
  expect(registry.ofUser("a")).toEqual([known]);
  expect(registry.get("nobody")).toBeUndefined();
  expect(registry.ofUser("__proto__")).toEqual([]);
});
