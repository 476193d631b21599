import { until } from "../support/until.ts";
import { rooms } from "./channels.ts";
import type { Stage } from "./stage.ts";

/**
 * Waits until presence says exactly who is in each room. The lease of a node that was killed may take a while
 * to end.
 *
 * @returns milliseconds
 * @throws Error where it does not become right within a minute
 */
export async function settlePresence(stage: Stage): Promise<number> {
  const begun = performance.now();
  let wrong = "";
  const isRight = async () => {
    const states = await Promise.all(rooms.map((room) => differenceIn(stage, room)));
    wrong = states.filter((text) => text !== "").join("; ");
    return wrong === "";
  };
  const failure = () => `presence is wrong: ${wrong}`;
  await until(isRight, failure, { timeout: 60_000, interval: 250 });
  return performance.now() - begun;
}

async function differenceIn(stage: Stage, room: string): Promise<string> {
  const page = await stage.call(`/v1/presence?channel=${encodeURIComponent(room)}&limit=1000`);
  const said = (page.users as { user: string; connections: number }[])
    // Who has just gone stays for a while, without a connection.
    .filter(({ connections }) => connections > 0)
    .map(({ user, connections }) => `${user}×${connections}`);
  const there = stage.clients.filter((client) => client.follows(room)).map(({ user }) => `${user}×1`);
  const missing = there.filter((one) => !said.includes(one));
  const surplus = said.filter((one) => !there.includes(one));
  if (missing.length + surplus.length === 0) return "";
  return `${room} lacks ${missing.join(" ")} and has ${surplus.join(" ")}`;
}
