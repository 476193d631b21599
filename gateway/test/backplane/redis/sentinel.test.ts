import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Position } from "../../../src/protocol/position.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { Sentinels } from "./sentinel.ts";

const patience = { timeout: 20_000, interval: 50 };

describe("a failover by Sentinel", { timeout: 60_000 }, () => {
  let sentinels: Sentinels;
  let node: TestNode;
  const acknowledged: Position[] = [];

  beforeEach(async () => {
    sentinels = await Sentinels.start();
    node = await startNode(sentinels, "node-a", { timings: hurry });
    acknowledged.length = 0;
  }, 60_000);
  afterEach(async () => {
    for (const server of sentinels.servers) server.thaw();
    await node.backplane.stop();
    await sentinels.stop();
  }, 60_000);

  /** Publishes until so many have been acknowledged in a row in an epoch that is not the given one. */
  const publishInto = async (old: string | undefined, count: number): Promise<void> => {
    const goal = performance.now() + patience.timeout;
    for (let inNew = 0; inNew < count && performance.now() < goal; ) {
      try {
        const { position } = await node.backplane.broker.publish(draft("room", 1, { retention: lasting }));
        if (!position) throw new Error("A publication with retention has no position.");
        acknowledged.push(position);
        if (position.epoch !== old) inNew += 1;
      } catch {
        await sleep(20);
      }
    }
  };

  const expectTold = async (old: string): Promise<void> => {
    await vi.waitFor(() => expect(new Set(node.lost)).toEqual(new Set(["quiet", "room"])), patience);
    // What came before the loss was told is in the history; what comes after it is heard again.
    await publishInto(old, 1);
    const last = acknowledged.at(-1);
    await vi.waitFor(() => expect(node.deliveries.at(-1)?.position).toEqual(last), patience);
    const read = { channel: "room", retention: lasting, from: { epoch: old, offset: 1 } };
    const [page] = await node.backplane.broker.read([read], { messages: 9, bytes: 9_000, attachments: 9 });
    expect(page).toMatchObject({ reached: false, entries: [] });
  };

  const begin = async (): Promise<string> => {
    await node.backplane.broker.subscribe("quiet", lasting);
    await node.backplane.broker.subscribe("room", lasting);
    await publishInto(undefined, 20);
    return acknowledged[0]?.epoch ?? "";
  };

  it("that is planned is told on every channel, and publishing resumes", async () => {
    const old = await begin();
    await sentinels.failover();
    await publishInto(old, 20);
    await expectTold(old);
  });

  it("from a primary that hangs", async () => {
    const old = await begin();
    await sentinels.expectDeath();
    sentinels.servers[0].freeze();
    await publishInto(old, 20);
    await expectTold(old);
  });

  it("from a primary that is killed", async () => {
    const old = await begin();
    await sentinels.expectDeath();
    await sentinels.servers[0].kill();
    await publishInto(old, 20);
    await expectTold(old);
  });
});
