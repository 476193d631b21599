import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { RedisServer } from "../../../gateway/test/support/redis-server.ts";
import { peak } from "./fleet.ts";
import { Node } from "./node.ts";
import { Publishers } from "./publishers.ts";
import { Traveller } from "./traveller.ts";

/** By hand `TIDEGATE_STORM=8000`. */
const clients = Number(process.env.TIDEGATE_STORM ?? 1_000);
/** So that fan-out is not what is measured. */
const channels = clients / 25;
const rate = 300;
const limit = 120_000;

let redis: RedisServer;
let node: Node;
let travellers: Traveller[];
let publishers: Publishers;

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: limit, interval: 20 });
const allBack = (welcomes: number) =>
  travellers.every((each) => each.online && each.welcomes.length === welcomes);
const refusals = (reason: string) => node.metric(`tidegate_handshakes_turned_away_total{reason="${reason}"}`);

beforeAll(async () => {
  redis = await RedisServer.start();
  // The guard as it is unless set otherwise.
  const guard = { TIDEGATE_HANDSHAKE_RATE: String(rate), TIDEGATE_MAX_LOOP_DELAY: "200ms" };
  node = await Node.make(redis.url, 0, guard);
  await node.start();
  travellers = Array.from(
    { length: clients },
    (_, index) => new Traveller(node.port, `user-${index}`, `room:${index % channels}`),
  );
  for (const traveller of travellers) traveller.connect();
  publishers = new Publishers(node.adminPort, travellers);
  await until(() => allBack(1));
}, limit);

afterAll(async () => {
  publishers.end();
  for (const traveller of travellers) traveller.stop();
  await node.end("SIGKILL");
  await redis.stop();
});

it(
  "a storm of reconnects is let in at the rate, and everybody recovers what was missed",
  async () => {
    publishers.start();
    const before = await refusals("rate");
    const began = performance.now();
    for (const traveller of travellers) traveller.drop();
    await until(() => allBack(2));
    const took = performance.now() - began;
    publishers.stop();
    await until(() => publishers.open === 0);
    const { tops } = publishers;
    await until(() =>
      travellers.every(({ position, channel }) => position === (tops.get(channel) ?? position)),
    );
    const sum = (figure: "lost" | "doubled") => travellers.reduce((total, each) => total + each[figure], 0);
    const most = peak(travellers.map(({ welcomes: [, at = 0] }) => at).sort((a, b) => a - b));
    const turnedAway = { rate: (await refusals("rate")) - before, lag: await refusals("lag") };
    process.stderr.write(
      `${clients} back in ${Math.round(took)} ms, peak ${most}/s, ` +
        `turned away ${turnedAway.rate} for the rate and ${turnedAway.lag} for lag; ${publishers.acknowledged} publications\n`,
    );

    expect({ lost: sum("lost"), doubled: sum("doubled") }).toEqual({ lost: 0, doubled: 0 });
    expect(publishers.failures).toEqual([]);
    expect(turnedAway.rate + turnedAway.lag).toBeGreaterThan(0);
  },
  limit,
);
