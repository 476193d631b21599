import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { scripts } from "../../../../src/backplane/redis/scripts.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "../harness.ts";
import { Member } from "../membership.ts";
import { Passage } from "../passage.ts";

const patience = { timeout: 30_000, interval: 50 };
/** More than a sweep takes in one go, in each of the ways in which it counts. */
const channels = Array.from({ length: 60 }, (_, index) => `room:${index}`);
const crowd = Array.from({ length: 600 }, (_, index) => `u${index}`);

interface Death {
  /** What the sweeper sends as it dies. */
  command: string;
  /** How often it has sent it before. */
  after: number;
  /** Whether that still arrives. */
  arrives: boolean;
}

const sweep = scripts.presenceSweep.sha;
const deaths: [string, Death][] = [
  ["before it has swept anything", { command: sweep, after: 0, arrives: false }],
  ["when it has swept some of a channel, and was not told", { command: sweep, after: 1, arrives: true }],
  ["between two channels", { command: sweep, after: 20, arrives: false }],
  ["before it strikes channels off its list", { command: "srem", after: 0, arrives: false }],
  ["when it has struck some off", { command: "srem", after: 0, arrives: true }],
  ["before it forgets the lease", { command: "swept", after: 0, arrives: false }],
];

/** Every `left` that is published, as `channel user`. */
async function listen(server: RedisServer): Promise<{ left: string[]; stop(): void }> {
  const left: string[] = [];
  const client = new Redis(server.port, "127.0.0.1");
  client.on("pmessage", (_pattern: string, _name: string, message: string) => {
    const told = /\["left",(\{.*\})\]$/s.exec(message)?.[1];
    if (told === undefined) return;
    const { channel, user } = JSON.parse(told);
    left.push(`${channel} ${user}`);
  });
  await client.psubscribe("socket.io#/#*");
  return { left, stop: () => client.disconnect() };
}

/** A member that is killed, or frozen, as it is about to send a command, or as it just has. */
async function startDoomed(
  server: RedisServer,
  { command, after, arrives }: Death,
  signal: "SIGKILL" | "SIGSTOP" = "SIGKILL",
) {
  const passage = await Passage.start(server.port);
  const member = await Member.start(passage, "sweeper");
  let sent = 0;
  let dead = false;
  passage.admit = (bytes) => {
    if (dead) return signal === "SIGSTOP";
    if (bytes.includes(command)) sent += 1;
    if (sent <= after) return true;
    dead = true;
    member.kill(signal);
    return arrives;
  };
  return { passage, member, isDead: () => dead };
}

/** A node that was killed, with users in many channels; and what is told of them. */
async function lose(server: RedisServer) {
  const listener = await listen(server);
  const lost = await Member.start(server, "lost");
  await Promise.all([
    ...channels.map((channel) => lost.do({ enter: { channel, users: ["ann", "bob"] } })),
    lost.do({ enter: { channel: "crowd", users: crowd } }),
  ]);
  return { listener, lost };
}

/** Waits until another node has done all that there is to do: each user has left once, and nothing else is told. */
async function inherit(server: RedisServer, left: string[]): Promise<TestNode> {
  const node = await startNode(server, "heir", { timings: hurry });
  const { control, presence } = node.backplane;
  await vi.waitFor(async () => {
    const keys = await server.ask((client) => client.keys("*:{nodes}:channels:*"));
    expect([keys, (await control.nodes()).map(({ node }) => node)]).toEqual([[], ["heir"]]);
  }, patience);
  const all = channels.flatMap((channel) => ["ann", "bob"].map((user) => `${channel} ${user}`));
  expect([...left].sort()).toEqual([...all, ...crowd.map((user) => `crowd ${user}`)].sort());
  for (const channel of [...channels, "crowd"]) {
    expect(await presence.page(channel, 10, undefined)).toEqual({ total: 0, users: [] });
  }
  return node;
}

describe("a node that sweeps", { timeout: 90_000 }, () => {
  it.concurrent.each(deaths)(
    "and dies %s leaves the rest to another: everybody leaves once",
    async (_when, death) => {
      const server = await RedisServer.start();
      const { listener, lost } = await lose(server);
      const { passage, isDead } = await startDoomed(server, death);
      lost.kill("SIGKILL");
      await vi.waitFor(() => expect(isDead()).toBe(true), patience);
      const { backplane } = await inherit(server, listener.left);
      await backplane.stop();
      listener.stop();
      await passage.stop();
      await server.stop();
    },
  );

  it.concurrent("and freezes between two channels tells of nobody again when it thaws", async () => {
    const server = await RedisServer.start();
    const { listener, lost } = await lose(server);
    const freeze = { command: sweep, after: 20, arrives: true };
    const { passage, member, isDead } = await startDoomed(server, freeze, "SIGSTOP");
    lost.kill("SIGKILL");
    await vi.waitFor(() => expect(isDead()).toBe(true), patience);
    const { backplane } = await inherit(server, listener.left);
    const before = listener.left.length;
    member.kill("SIGCONT");
    await vi.waitFor(async () => expect(await backplane.control.nodes()).toHaveLength(2), patience);
    // A user that comes and goes there is told of behind all that the sweep still had to tell.
    await member.do({ enter: { channel: "last", users: ["eve"] } });
    member.kill("SIGKILL");
    await vi.waitFor(() => expect(listener.left).toContain("last eve"), patience);
    expect(listener.left).toHaveLength(before + 1);
    await backplane.stop();
    listener.stop();
    await passage.stop();
    await server.stop();
  });
});
