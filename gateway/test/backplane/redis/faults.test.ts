import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Receipt } from "../../../src/backplane/ports.ts";
import { Failure } from "../../../src/errors.ts";
import { draft, lasting } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { hurry, startNode, type TestNode } from "./harness.ts";
import { Passage } from "./passage.ts";

const patience = { timeout: 15_000, interval: 10 };

let server: RedisServer;
let node: TestNode;

async function begin(...options: string[]): Promise<void> {
  server = await RedisServer.start(...options);
  node = await startNode(server, "node-a", { timings: hurry });
}

afterEach(async () => {
  server.thaw();
  await node.backplane.stop();
  await server.stop();
});

/** Deeper than a test publishes: whatever was missed can be had, however fast the others went on. */
const deep = { size: 100_000, ttl: 600_000 };

/** Publishes numbers until it is stopped, some at a time, and knows which were acknowledged. */
class Load {
  readonly acknowledged: { value: number; receipt: Receipt }[] = [];
  readonly failures: Failure[] = [];
  #running = true;
  readonly #done: Promise<unknown>;
  #next = 0;

  constructor(channel: string, lanes = 8) {
    this.#done = Promise.all(Array.from({ length: lanes }, () => this.#run(channel)));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  /** Waits until so many more have been acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    await vi.waitFor(() => expect(this.acknowledged.length).toBeGreaterThanOrEqual(goal), patience);
  }

  async #run(channel: string): Promise<void> {
    while (this.#running) {
      const value = this.#next++;
      try {
        const receipt = await node.backplane.broker.publish(draft(channel, value, { retention: deep }));
        this.acknowledged.push({ value, receipt });
        await sleep(1);
      } catch (error) {
        this.failures.push(Failure.of(error));
        await sleep(20);
      }
    }
  }
}

const positions = (channel = "room") =>
  node.deliveries.flatMap((delivery) => (delivery.channel === channel ? (delivery.position ?? []) : []));

/** All positions up to the last acknowledged one, each once and in order, in one epoch. */
async function expectWhole(load: Load): Promise<void> {
  const top = Math.max(...load.acknowledged.map(({ receipt }) => receipt.position?.offset ?? 0));
  await vi.waitFor(() => expect(positions().length).toBeGreaterThanOrEqual(top), patience);
  const heard = positions();
  expect(heard.map(({ offset }) => offset)).toEqual(heard.map((_, index) => index + 1));
  expect(new Set(heard.map(({ epoch }) => epoch)).size).toBe(1);
  expect(node.lost).toEqual([]);
}

const killSubscribers = () =>
  server.ask(async (client) => {
    for (const line of String(await client.client("LIST")).split("\n")) {
      const id = /^id=(\d+) .*:subscriber /.exec(line)?.[1];
      if (id) await client.client("KILL", "ID", id);
    }
  });

describe("a lost subscriber connection", () => {
  beforeEach(() => begin());

  it("loses nothing under load", async () => {
    await node.backplane.broker.subscribe("room", deep);
    const load = new Load("room");
    for (let round = 0; round < 5; round += 1) {
      await load.more(200);
      await killSubscribers();
    }
    await load.more(200);
    await load.stop();
    await expectWhole(load);
    expect(load.failures).toEqual([]);
  });

  it("is repaired on a channel on which nothing follows", async () => {
    const { broker } = node.backplane;
    await broker.subscribe("room", lasting);
    await server.ask(async (client) => {
      await killSubscribers();
      await client.ping();
    });
    await broker.publish(draft("room", 1, { retention: lasting }));
    await vi.waitFor(() => expect(positions()).toHaveLength(1), patience);
    expect(node.lost).toEqual([]);
  });

  it("has all of many channels subscribed again, and those without history", async () => {
    const { broker } = node.backplane;
    const channels = Array.from({ length: 1_200 }, (_, index) => `room:${index}`);
    await Promise.all(channels.map((channel) => broker.subscribe(channel, lasting)));
    await broker.subscribe("plain", undefined);
    await killSubscribers();
    await vi.waitFor(async () => {
      await broker.publish(draft("plain", 1));
      expect(node.deliveries.some(({ channel }) => channel === "plain")).toBe(true);
    }, patience);
    await Promise.all(channels.map((channel) => broker.publish(draft(channel, 1, { retention: lasting }))));
    await vi.waitFor(() => {
      expect(new Set(node.deliveries.map(({ channel }) => channel)).size).toBe(channels.length + 1);
    }, patience);
    expect(node.lost).toEqual([]);
  });

  it("tells of what the history has no more", async () => {
    const { broker } = node.backplane;
    const tiny = { size: 2, ttl: 600_000 };
    await broker.subscribe("room", tiny);
    await broker.publish(draft("room", 0, { retention: tiny }));
    await vi.waitFor(() => expect(positions()).toHaveLength(1), patience);
    await server.ask(async (client) => {
      const publishing = Array.from({ length: 10 }, (_, value) =>
        broker.publish(draft("room", value, { retention: tiny })),
      );
      await Promise.all([killSubscribers(), client.ping(), ...publishing]);
    });
    await vi.waitFor(async () => {
      await broker.publish(draft("room", "end", { retention: tiny }));
      const heard = positions();
      const isWhole = heard.every(({ offset }, index) => offset === index + 1);
      expect(isWhole || node.lost.includes("room")).toBe(true);
      expect(heard.at(-1)?.offset).toBeGreaterThan(11);
    }, patience);
  });
});

describe("a connection on which nothing comes any more", () => {
  it("is found out, and what was missed is delivered", async () => {
    server = await RedisServer.start();
    const passage = await Passage.start(server.port);
    node = await startNode(passage, "node-a", { timings: hurry });
    const publisher = await startNode(server, "node-b", { timings: hurry });
    await node.backplane.broker.subscribe("room", lasting);
    const publish = (value: number) =>
      publisher.backplane.broker.publish(draft("room", value, { retention: lasting }));
    await publish(1);
    await vi.waitFor(() => expect(positions()).toHaveLength(1), patience);
    passage.swallow();
    await publish(2);
    await publish(3);
    await vi.waitFor(() => expect(positions().map(({ offset }) => offset)).toEqual([1, 2, 3]), patience);
    await publish(4);
    await vi.waitFor(() => expect(positions()).toHaveLength(4), patience);
    expect(node.lost).toEqual([]);
    await publisher.backplane.stop();
    await passage.stop();
  });
});

describe("lost data", () => {
  beforeEach(() => begin());

  it("is told when the server is flushed, also on a channel on which nobody publishes", async () => {
    const { broker } = node.backplane;
    await broker.subscribe("quiet", lasting);
    await broker.subscribe("room", lasting);
    const { position } = await broker.publish(draft("room", 1, { retention: lasting }));
    if (!position) throw new Error("A publication with retention has no position.");
    await server.ask((client) => client.flushall());
    await vi.waitFor(() => expect(new Set(node.lost)).toEqual(new Set(["quiet", "room"])), patience);
    const read = { channel: "room", retention: lasting, from: position } as const;
    const [page] = await broker.read([read], { messages: 10, bytes: 1_000, attachments: 1 });
    expect(page).toMatchObject({ reached: false, entries: [] });
  });

  it("is told when a counter is gone, and no offset is given twice in an epoch", async () => {
    const { broker } = node.backplane;
    await broker.subscribe("room", lasting);
    const before = await broker.publish(draft("room", 1, { retention: lasting }));
    await server.ask((client) => client.del("tidegate:channel:{room}:counter"));
    const after = await broker.publish(draft("room", 2, { retention: lasting }));
    await vi.waitFor(() => expect(node.lost).toEqual(["room"]), patience);
    expect(after.position?.offset).toBe(1);
    expect(after.position?.epoch).not.toBe(before.position?.epoch);
    const read = { channel: "room", retention: lasting, from: "start" } as const;
    const [page] = await broker.read([read], { messages: 10, bytes: 1_000, attachments: 1 });
    expect(page?.entries.map(({ position }) => position)).toEqual([after.position]);
  });

  it("does not reach over messages whose stream is gone", async () => {
    const { broker } = node.backplane;
    await broker.subscribe("room", lasting);
    const { position } = await broker.publish(draft("room", 1, { retention: lasting }));
    await broker.publish(draft("room", 2, { retention: lasting }));
    await server.ask((client) => client.del("tidegate:channel:{room}:stream"));
    const read = { channel: "room", retention: lasting, from: position ?? ("start" as const) };
    const [page] = await broker.read([read], { messages: 10, bytes: 1_000, attachments: 1 });
    expect(page).toMatchObject({ reached: false, entries: [], top: { offset: 2 } });
  });

  it("refuses a publication whole where the memory is full", async () => {
    const { broker } = node.backplane;
    await broker.subscribe("room", lasting);
    await broker.publish(draft("room", 1, { retention: lasting }));
    await server.ask((client) => client.config("SET", "maxmemory", "1"));
    const refused = broker.publish(draft("room", 2, { retention: lasting, idempotencyKey: "k" }));
    await expect(refused).rejects.toMatchObject({ code: "unavailable" });
    await server.ask((client) => client.config("SET", "maxmemory", "0"));
    const third = await broker.publish(draft("room", 3, { retention: lasting, idempotencyKey: "k" }));
    expect(third).toMatchObject({ position: { offset: 2 }, repeated: false });
    await vi.waitFor(() => expect(positions().map(({ offset }) => offset)).toEqual([1, 2]), patience);
  });
});

describe("a server that takes over with its memory full", () => {
  it("is read from all the same, and takes no publications", async () => {
    await begin("--enable-debug-command", "local");
    const { broker } = node.backplane;
    const { position } = await broker.publish(draft("room", 1, { retention: lasting }));
    await server.ask(async (client) => {
      await client.call("DEBUG", "CHANGE-REPL-ID");
      await client.config("SET", "maxmemory", "1");
    });
    const read = { channel: "room", retention: lasting, from: position ?? ("start" as const) };
    const [page] = await broker.read([read], { messages: 10, bytes: 1_000, attachments: 1 });
    expect(page).toMatchObject({ reached: false, entries: [], top: { offset: 1 } });
    expect(page?.top.epoch).not.toBe(position?.epoch);
    const refused = broker.publish(draft("room", 2, { retention: lasting }));
    await expect(refused).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("a server that hangs", { timeout: 60_000 }, () => {
  beforeEach(() => begin());

  it("fails publications in time, keeps what it acknowledged, and is back by itself", async () => {
    await node.backplane.broker.subscribe("room", deep);
    const load = new Load("room");
    await load.more(100);
    server.freeze();
    await vi.waitFor(() => expect(load.failures.length).toBeGreaterThan(20), patience);
    expect(node.backplane.healthy()).toBe(false);
    server.thaw();
    await load.more(200);
    await load.stop();
    await vi.waitFor(() => expect(node.backplane.healthy()).toBe(true), patience);
    expect(new Set(load.failures.map(({ code }) => code))).toEqual(new Set(["unavailable"]));
    await expectWhole(load);
  });

  it("takes a bounded number of calls", async () => {
    server.freeze();
    const { broker } = node.backplane;
    const publishing = Array.from({ length: 22_000 }, async (_, value) =>
      broker.publish(draft("room", value, { retention: lasting })).then(
        () => undefined,
        (error: unknown) => Failure.of(error),
      ),
    );
    const failures = await Promise.all(publishing);
    expect(new Set(failures.map((failure) => failure?.code))).toEqual(new Set(["unavailable"]));
    // Those that waited for Redis name what became of that; the others were not let in.
    const refused = failures.filter((failure) => failure?.cause === undefined);
    expect(refused).toHaveLength(2_000);
  });
});

describe("a server that is killed and comes back", () => {
  const outage = async (load: Load): Promise<void> => {
    await load.more(100);
    await server.kill();
    await vi.waitFor(() => expect(load.failures.length).toBeGreaterThan(20), patience);
    expect(node.backplane.healthy()).toBe(false);
    await server.start();
    await load.more(100);
    await load.stop();
  };

  /** Within each epoch all offsets from the first heard on, or told. */
  const expectTold = (): void => {
    const heard = positions();
    const breaks = heard.filter((position, index) => {
      const before = heard[index - 1];
      return before && (before.epoch !== position.epoch || before.offset + 1 !== position.offset);
    });
    expect(node.lost.filter((channel) => channel === "room").length).toBeGreaterThanOrEqual(breaks.length);
    for (const epoch of new Set(heard.map((position) => position.epoch))) {
      const offsets = heard.filter((position) => position.epoch === epoch).map(({ offset }) => offset);
      expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other));
    }
  };

  it("with its data: everything acknowledged is in the history", async () => {
    await begin("--appendonly", "yes", "--appendfsync", "always");
    await node.backplane.broker.subscribe("room", deep);
    const load = new Load("room");
    await outage(load);
    expectTold();
    const read = { channel: "room", retention: deep, from: "start" } as const;
    const [page] = await node.backplane.broker.read([read], {
      messages: 100_000,
      bytes: 1e8,
      attachments: 0,
    });
    const stored = new Set(page?.entries.map(({ message }) => JSON.parse(message).data));
    expect(load.acknowledged.filter(({ value }) => !stored.has(value))).toEqual([]);
    expect(new Set(load.failures.map(({ code }) => code))).toEqual(new Set(["unavailable"]));
  });

  it("without its data: that is told, and the old positions are not reached", async () => {
    await begin();
    await node.backplane.broker.subscribe("room", deep);
    await node.backplane.broker.subscribe("quiet", lasting);
    const load = new Load("room");
    await outage(load);
    expectTold();
    await vi.waitFor(() => expect(new Set(node.lost)).toEqual(new Set(["quiet", "room"])), patience);
    const first = load.acknowledged[0]?.receipt.position;
    if (!first) throw new Error("Nothing was acknowledged.");
    const read = { channel: "room", retention: lasting, from: first } as const;
    const [page] = await node.backplane.broker.read([read], { messages: 10, bytes: 1e4, attachments: 0 });
    expect(page).toMatchObject({ reached: false, entries: [] });
  });
});

describe("a server that is not there at the start", () => {
  it("leaves the node unhealthy until it is", async () => {
    server = await RedisServer.start();
    await server.kill();
    node = await startNode(server, "node-a", { timings: hurry });
    expect(node.backplane.healthy()).toBe(false);
    const publishing = node.backplane.broker.publish(draft("room", 1, { retention: lasting }));
    await expect(publishing).rejects.toMatchObject({ code: "unavailable" });
    await server.start();
    await vi.waitFor(() => expect(node.backplane.healthy()).toBe(true), patience);
    await node.backplane.broker.subscribe("room", lasting);
    await node.backplane.broker.publish(draft("room", 1, { retention: lasting }));
    await vi.waitFor(() => expect(positions()).toHaveLength(1), patience);
  });
});
