import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { draft, lasting } from "../../../contract/harness.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { startNode, type TestNode } from "../harness.ts";

let server: RedisServer;
let node: TestNode;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  await server.flush();
  node = await startNode(server, "node-a");
});
afterEach(() => node.backplane.stop());
afterAll(() => server.stop());

const publish = (channel: string, value: unknown) =>
  node.backplane.broker.publish(draft(channel, value, { retention: lasting }));

async function scriptsRun(): Promise<number> {
  const stats = await server.ask((client) => client.info("commandstats"));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe("the publications of one turn", () => {
  it("are in Redis by one script for a hundred", async () => {
    await publish("room", "first");
    const before = await scriptsRun();
    await Promise.all(Array.from({ length: 250 }, (_, index) => publish(`room:${index % 7}`, index)));
    expect((await scriptsRun()) - before).toBe(3);
  });

  it("are in several scripts where their bytes are many", async () => {
    await publish("room", "first");
    const before = await scriptsRun();
    const large = "x".repeat(200 * 1024);
    await Promise.all([1, 2, 3, 4].map(() => publish("room", large)));
    expect((await scriptsRun()) - before).toBe(2);
  });

  it("are in several scripts where their attachments are many", async () => {
    await publish("room", "first");
    const before = await scriptsRun();
    const large = Buffer.alloc(200 * 1024, 1);
    await Promise.all([1, 2, 3, 4].map(() => publish("room", large)));
    expect((await scriptsRun()) - before).toBe(2);
  });

  it("fail alone where only theirs cannot be stored", async () => {
    await publish("room:bad", 0);
    const [key] = await server.ask((client) => client.keys("*{room:bad}:stream"));
    await server.ask((client) => client.set(key ?? "", "not a stream"));
    const outcomes = await Promise.allSettled(
      ["room:bad", "room:good", "room:bad"].map((room) => publish(room, 1)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
    expect(outcomes[0]).toMatchObject({ reason: { code: "unavailable" } });
    expect(outcomes[1]).toMatchObject({ value: { position: { offset: 1 }, repeated: false } });
  });

  it("fail all with what Redis says where none can be stored", async () => {
    await publish("room:full", 0);
    await server.ask((client) => client.config("SET", "maxmemory", "1", "maxmemory-policy", "noeviction"));
    try {
      const outcomes = await Promise.allSettled([1, 2].map((value) => publish("room:full", value)));
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          reason: { code: "unavailable", cause: { message: expect.stringMatching(/^OOM /) } },
        });
      }
    } finally {
      await server.ask((client) => client.config("SET", "maxmemory", "0"));
    }
    expect((await publish("room:full", 3)).position?.offset).toBe(2);
  });
});
