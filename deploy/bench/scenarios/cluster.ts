import { batchBody } from "../load/api.ts";
import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { Ears } from "../load/ears.ts";
import { Lane } from "../load/lane.ts";
import { Traffic } from "../load/traffic.ts";
import { pause } from "../process.ts";
import type { RedisProcess } from "../redis-process.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const rate = 5_000;

/** A node's CPU while others publish to rooms that nobody on it is in. */
async function others(server: ServerProcess, { quick, redis }: Scale): Promise<Figures> {
  if (!redis) throw new Error("The scenario needs Redis.");
  const sessions = await openCrowd(server, 100, (index) => [`chat:${index % 10}`]);
  const traffic = await Traffic.open(redis);
  const figures: Figures = {};
  let generatorBusy = 0;
  for (const nodes of quick ? [0, 2] : [0, 1, 2, 4, 8]) {
    traffic.run(nodes, rate);
    await pause(quick ? 200 : 1_000);
    const watch = new Stopwatch(server);
    await pause(quick ? 500 : 4_000);
    const { cpuSeconds, seconds, generatorBusy: busy } = watch.read();
    figures[`cpu_percent_beside_${nodes}`] = (cpuSeconds / seconds) * 100;
    generatorBusy = Math.max(generatorBusy, busy);
  }
  traffic.close();
  closeCrowd(sessions);
  return { ...figures, generator_busy: generatorBusy };
}

/** What a publication costs Redis, and each node that it is delivered to. */
async function redisCost(server: ServerProcess, { quick, redis }: Scale): Promise<Figures> {
  if (!redis) throw new Error("The scenario needs Redis.");
  const single = await costOf(1, 0, server, redis, quick);
  const singleHeard = await costOf(1, 8, server, redis, quick);
  const batched = await costOf(100, 0, server, redis, quick);
  const heard = await costOf(100, 8, server, redis, quick);
  return {
    us_per_publish_single: single,
    us_per_publish_single_to_8_nodes: singleHeard,
    us_per_publish_in_batches: batched,
    us_per_publish_in_batches_to_8_nodes: heard,
    us_per_delivered_node: (heard - batched) / 8,
    us_per_delivered_node_single: (singleHeard - single) / 8,
  };
}

/** Microseconds of Redis for each publication, in requests of `size`, heard by so many other nodes. */
async function costOf(
  size: number,
  nodes: number,
  server: ServerProcess,
  redis: RedisProcess,
  quick: boolean,
) {
  const ears = await Ears.open(redis, "chat:cost", nodes);
  const lanes = Array.from({ length: 8 }, () => new Lane(server, "/v1/batch", batchBody("chat:cost", size)));
  const drive = async (ms: number) => {
    const end = performance.now() + ms;
    let published = 0;
    const run = async (lane: Lane) => {
      for (; performance.now() < end; published += size) await lane.post();
    };
    await Promise.all(lanes.map(run));
    return published;
  };
  await drive(quick ? 100 : 500);
  const before = redis.cpu();
  const published = await drive(quick ? 400 : 3_000);
  const cost = ((redis.cpu() - before) * 1e6) / published;
  for (const lane of lanes) lane.close();
  ears.close();
  return cost;
}

export const clusterScenarios: Scenario[] = [
  {
    name: "cluster",
    title: `CPU of a node while 0, 1, 2, 4 and 8 others publish ${rate.toLocaleString("en")} messages a second each to rooms that it does not hold`,
    targets: ["tidegate", "stock"],
    redis: "only",
    headline: { figure: "cpu_percent_beside_8", better: "less" },
    run: others,
  },
  {
    name: "redis-cost",
    title: "CPU of Redis for each publication, and for each node that it is delivered to",
    targets: ["tidegate"],
    redis: "only",
    headline: { figure: "us_per_publish_in_batches", better: "less" },
    run: redisCost,
  },
];
