import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Broker, HistoryPage, Retention } from "../../../src/backplane/ports.ts";
import { formatPosition, type Position } from "../../../src/protocol/position.ts";
import { draft, roomy, valuesOf } from "../../contract/harness.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { startNode, type TestNode } from "./harness.ts";

const retention: Retention = { size: 8, ttl: 600_000 };
const [counter, stream] = ["tidegate:channel:{room}:counter", "tidegate:channel:{room}:stream"];

let server: RedisServer;
let node: TestNode;

beforeAll(async () => {
  server = await RedisServer.start();
  node = await startNode(server, "node-a");
});

afterAll(async () => {
  await node.backplane.stop();
  await server.stop();
});

/** What happens to the channel in Redis, beside publications. */
const losses = {
  flush: () => server.ask((client) => client.flushall()),
  "evict the counter": () => server.ask((client) => client.del(counter)),
  "evict the stream": () => server.ask((client) => client.del(stream)),
  "trim the stream": () => server.ask((client) => client.xtrim(stream, "MAXLEN", 2)),
};

type Loss = keyof typeof losses;
type Step = { publish: number } | { lose: Loss } | { read: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ lose: fc.constantFrom(...(Object.keys(losses) as Loss[])) }) },
  { weight: 4, arbitrary: fc.record({ read: fc.nat() }) },
);

/** Publishes, loses and reads, and knows what was acknowledged at which position. */
class Trial {
  readonly #broker: Broker;
  readonly #values = new Map<string, number>();
  readonly #positions: Position[] = [];
  #count = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async run(step: Step): Promise<void> {
    if ("lose" in step) await losses[step.lose]();
    else if ("publish" in step) await this.#publish(step.publish);
    else await this.#read(step.read);
  }

  async #publish(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      this.#count += 1;
      const { position } = await this.#broker.publish(draft("room", this.#count, { retention }));
      if (!position) throw new Error("A publication with history has a position.");
      // A position that was given before would pass for the message that had it.
      expect(this.#values.has(formatPosition(position))).toBe(false);
      this.#values.set(formatPosition(position), this.#count);
      this.#positions.push(position);
    }
  }

  async #read(seed: number): Promise<void> {
    const from = this.#positions[seed % Math.max(1, this.#positions.length)];
    if (!from) return;
    const [page] = await this.#broker.read([{ channel: "room", retention, from }], roomy);
    if (!page) throw new Error("A read has no page.");
    if (page.reached) this.#expectWhole(page, from);
    else expect(page.entries).toEqual([]);
  }

  #expectWhole(page: HistoryPage, from: Position): void {
    const { epoch, offset } = from;
    const due = Array.from({ length: page.top.offset - offset }, (_, index) => offset + index + 1);
    expect(page.top.epoch).toBe(epoch);
    expect(page.entries.map(({ position }) => position)).toEqual(
      due.map((each) => ({ epoch, offset: each })),
    );
    expect(valuesOf(page)).toEqual(due.map((each) => this.#values.get(`${epoch}:${each}`)));
  }
}

it("gives all that follows a position, or says that it cannot, whatever Redis has lost", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
    await server.flush();
    const trial = new Trial(node.backplane.broker);
    for (const one of steps) await trial.run(one);
  });
  await fc.assert(property, { numRuns: 60 });
}, 60_000);
