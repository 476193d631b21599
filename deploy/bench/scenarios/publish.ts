import { batchBody, post, publishBody } from "../load/api.ts";
import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { Lane } from "../load/lane.ts";
import { pause } from "../process.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

/** Backends publish through the API, 32 requests at once, to channels that nobody hears. */
async function throughApi(size: number, server: ServerProcess, { quick, redis }: Scale): Promise<Figures> {
  const seconds = quick ? 0.5 : 5;
  const path = size === 1 ? "/v1/publish" : "/v1/batch";
  const body = size === 1 ? publishBody("chat:api") : batchBody("chat:api", size);
  const lanes = Array.from({ length: 32 }, () => new Lane(server, path, body));
  let published = 0;
  /** Keeps all lanes busy for so long. */
  const drive = async (ms: number) => {
    const end = performance.now() + ms;
    const run = async (lane: Lane) => {
      for (; performance.now() < end; published += size) await lane.post();
    };
    await Promise.all(lanes.map(run));
  };
  await drive(seconds * 300);
  published = 0;
  const redisBefore = redis?.cpu() ?? 0;
  const watch = new Stopwatch(server);
  await drive(seconds * 1_000);
  const { cpuSeconds, seconds: elapsed, generatorBusy } = watch.read();
  for (const lane of lanes) lane.close();
  return {
    published_per_cpu_second: published / cpuSeconds,
    published_per_second: published / elapsed,
    ...(redis && { redis_us_per_publish: ((redis.cpu() - redisBefore) * 1e6) / published }),
    generator_busy: generatorBusy,
  };
}

/** Messages to the users' own channels, each to one connection. */
async function direct(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const clients = quick ? 100 : 1_000;
  const seconds = quick ? 0.5 : 5;
  const sessions = await openCrowd(server, clients, () => []);
  let received = 0;
  for (const session of sessions) session.onEvent = () => void received++;
  const bodies = Array.from({ length: clients }, (_, index) => batchBody(`user:user-${index}`, 1));
  const operations = bodies.map((body) => body.slice('{"operations":['.length, -2));
  await pause(500);
  const watch = new Stopwatch(server);
  let sent = 0;
  while (watch.elapsed < seconds) {
    const batch = Array.from({ length: 100 }, (_, index) => operations[(sent + index) % clients]);
    await post(server, "/v1/batch", `{"operations":[${batch.join(",")}]}`);
    sent += batch.length;
  }
  const deadline = performance.now() + 5_000;
  while (received < sent && performance.now() < deadline) await pause(20);
  const { cpuSeconds, generatorBusy } = watch.read();
  closeCrowd(sessions);
  return {
    deliveries_per_cpu_second: received / cpuSeconds,
    delivered_share: received / sent,
    generator_busy: generatorBusy,
  };
}

export const publishScenarios: Scenario[] = [
  {
    name: "publish",
    title: "Publications through the API, one a request",
    targets: ["tidegate"],
    redis: "also",
    headline: { figure: "published_per_cpu_second", better: "more" },
    run: (server, scale) => throughApi(1, server, scale),
  },
  {
    name: "publish-batch",
    title: "Publications through the API, 100 a request",
    targets: ["tidegate"],
    redis: "also",
    headline: { figure: "published_per_cpu_second", better: "more" },
    run: (server, scale) => throughApi(100, server, scale),
  },
  {
    name: "direct",
    title: "Messages to 1,000 users' own channels, through the API in batches of 100",
    targets: ["tidegate"],
    redis: "also",
    headline: { figure: "deliveries_per_cpu_second", better: "more" },
    run: direct,
  },
];
