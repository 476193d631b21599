import { expect, it } from "vitest";
import { MemoryPresence } from "../../../src/backplane/memory/presence.ts";
import { quiet, told } from "../../contract/manners.ts";

function makePresence() {
  const announced: string[] = [];
  const announce = (channel: string, event: string, { user }: { user: string }) => {
    announced.push(`${channel} ${event} ${user}`);
  };
  return { announced, presence: new MemoryPresence({ announce, now: () => 1 }) };
}

it("remembers nothing of channels that everybody left", async () => {
  const { presence } = makePresence();
  const members = Array.from({ length: 100 }, (_, index) => ({
    user: `u${index % 10}`,
    connection: `c${index}`,
  }));
  for (const member of members) await presence.enter(`room:${member.user}`, member, quiet);
  for (const member of members) await presence.setAway(`room:${member.user}`, member, 1, quiet);
  expect(presence.size).toBe(10);
  await presence.leave("room:u0", { user: "stranger", connection: "c0" }, quiet);
  await presence.leave("room:none", { user: "u0", connection: "c0" }, quiet);
  expect(presence.size).toBe(10);
  for (const member of members) await presence.leave(`room:${member.user}`, member, quiet);
  expect(presence.size).toBe(0);
});

it("has announced by the time that a call returns its promise", () => {
  const { announced, presence } = makePresence();
  void presence.enter("room", { user: "ann", connection: "a1" }, told);
  void presence.leave("room", { user: "ann", connection: "a1" }, told);
  expect(announced).toEqual(["room joined ann", "room left ann"]);
});

it("takes new info when a connection enters again, and stays away meanwhile", async () => {
  const { announced, presence } = makePresence();
  const member = { user: "ann", connection: "a1" };
  await presence.enter("room", { ...member, info: 1 }, told);
  await presence.setAway("room", member, 1, told);
  await presence.enter("room", { ...member, info: 2 }, told);
  const page = await presence.page("room", 10, undefined);
  expect(page.users).toEqual([{ user: "ann", info: 2, state: "away", since: 1, connections: 1 }]);
  expect(announced).toEqual(["room joined ann", "room away ann"]);
});
