import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Retention } from "../../../src/backplane/ports.ts";
import { createLog } from "../../../src/log.ts";
import { formatPosition } from "../../../src/protocol/position.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";

const patience = { timeout: 15_000, interval: 20 };

let server: RedisServer;
let node: TestNode;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  lines = [];
  server = await RedisServer.start();
  const log = createLog("debug", "node-a", { write: (line) => lines.push(JSON.parse(line)) });
  node = await startNode(server, "node-a", { timings: hurry, log });
});

afterEach(async () => {
  await node.backplane.stop();
  await server.stop();
});

const linesOf = (...ids: string[]) => lines.filter(({ msgId }) => ids.includes(String(msgId)));

/** Publishes two messages at once, of which this node is brought nothing. @returns the position of the second */
async function publishUnheard(retention: Retention): Promise<string | undefined> {
  const mute = await startNode(server, "node-b", { timings: hurry, channelPrefix: "elsewhere" });
  const { broker } = mute.backplane;
  const [, last] = await Promise.all(
    [1, 2].map((value) => broker.publish(draft("room", value, { retention }))),
  );
  await mute.backplane.stop();
  return last?.position && formatPosition(last.position);
}

it("at the level debug a gap is told with the positions around it, and so is its repair", async () => {
  const before = await node.backplane.broker.publish(draft("room", 0, { retention: lasting }));
  await node.backplane.broker.subscribe("room", lasting);
  const from = before.position && formatPosition(before.position);
  const to = await publishUnheard(lasting);
  await vi.waitFor(() => expect(node.deliveries).toHaveLength(2), patience);
  expect(linesOf("gap_found", "gap_repaired", "gap_lost")).toMatchObject([
    { msgId: "gap_found", level: "debug", channel: "room", from, to },
    { msgId: "gap_repaired", level: "debug", channel: "room", from, to },
  ]);
});

it("at the level debug a loss is told with the position behind which deliveries go on", async () => {
  const short = { ...lasting, size: 1 };
  const before = await node.backplane.broker.publish(draft("room", 0, { retention: short }));
  await node.backplane.broker.subscribe("room", short);
  const from = before.position && formatPosition(before.position);
  const to = await publishUnheard(short);
  await vi.waitFor(() => expect(node.lost).toEqual(["room"]), patience);
  expect(linesOf("gap_lost")).toMatchObject([{ level: "debug", channel: "room", from, to }]);
});

it("at the level debug a command is told with the nodes that it reached", async () => {
  const other = await startNode(server, "node-b", { timings: hurry });
  const command = { kind: "subscribe", user: "ann", channel: "room" } as const;
  const reached = { level: "debug", ...command, nodes: 1, replies: 1, unreached: [] };
  // Until it hears commands, the other node is one that does not reply.
  await vi.waitFor(async () => {
    await node.backplane.control.send(command);
    expect(linesOf("command_sent").at(-1)).toMatchObject(reached);
  }, patience);
  await other.backplane.stop();
});
