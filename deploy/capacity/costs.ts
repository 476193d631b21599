/** A full run of the bench, as `npm run bench -- --json` prints it. */
export interface BenchRun {
  machine: string;
  date: string;
  /** What a reader should know of the run. */
  note?: string;
  scenarios: { name: string; throughRedis?: boolean; runs: Record<string, Record<string, number>[]> }[];
}

type Scenarios = BenchRun["scenarios"];

/** What one of each costs. */
export interface Costs {
  /** Resident bytes of an idle connection. */
  connectionBytes: number;
  /** Seconds of a node's CPU. */
  accept: number;
  delivery: number;
  publication: number;
  /** What each node that has members of its room takes for a publication, before any delivery. */
  hearing: number;
  /** Seconds of Redis' CPU for a publication, and for each node that hears it. */
  redisPublication: number;
  redisNode: number;
}

/**
 * A fleet meets in Redis, so what was measured through Redis goes before what was not.
 *
 * @throws Error where the run lacks a figure
 */
export function costsOf({ scenarios }: BenchRun): Costs {
  const sorted = [...scenarios].sort(
    (a, b) => Number(b.throughRedis ?? false) - Number(a.throughRedis ?? false),
  );
  const figure = (scenario: string, name: string) => median(sorted, scenario, name);
  return {
    connectionBytes: figure("memory", "resident_kb_per_connection") * 1_000,
    accept: 1 / figure("accept", "accepted_per_cpu_second"),
    delivery: 1 / figure("rate-30", "deliveries_per_cpu_second"),
    publication: 1 / figure("publish", "published_per_cpu_second"),
    hearing: hearingOf(scenarios),
    redisPublication: figure("redis-cost", "us_per_publish_single") / 1e6,
    redisNode: figure("redis-cost", singleNode in runOf(sorted, "redis-cost") ? singleNode : inBatches) / 1e6,
  };
}

/** Seconds of a node's CPU that a client's message to a room of so many took, all in all. */
export function layoutCost({ scenarios }: BenchRun, scenario: string, members: number): number {
  return members / median(scenarios, scenario, "deliveries_per_cpu_second");
}

/** Percent of a core that a node uses beside so many others that publish to rooms that it is not in. */
export function percentBeside({ scenarios }: BenchRun, nodes: number): number {
  return median(scenarios, "cluster", `cpu_percent_beside_${nodes}`);
}

/** Microseconds of Redis for each node that hears a publication: where they come one by one, and in hundreds. */
const singleNode = "us_per_delivered_node_single";
const inBatches = "us_per_delivered_node";

/** Whether it was measured through Redis what it costs a node to hear a publication. */
export function isHearingThroughRedis({ scenarios }: BenchRun): boolean {
  return scenarios.some(({ name, throughRedis }) => name === "direct" && throughRedis === true);
}

/**
 * A message to one connection, less what it takes to publish it in a batch that nobody hears, and to write it to the
 * one; all three either through Redis or not.
 */
function hearingOf(scenarios: Scenarios): number {
  const through = isHearingThroughRedis({ machine: "", date: "", scenarios });
  const alike = scenarios.filter(({ throughRedis = false }) => throughRedis === through);
  const heard = 1 / median(alike, "direct", "deliveries_per_cpu_second");
  const published = 1 / median(alike, "publish-batch", "published_per_cpu_second");
  const delivered = 1 / median(alike, "rate-30", "deliveries_per_cpu_second");
  return Math.max(0, heard - published - delivered);
}

/** The figures of a run of the first scenario of the name. */
function runOf(scenarios: Scenarios, scenario: string): Record<string, number> {
  return scenarios.find(({ name }) => name === scenario)?.runs.tidegate?.[0] ?? {};
}

/** Of the first scenario of the name. */
function median(scenarios: Scenarios, scenario: string, figure: string): number {
  const chosen = scenarios.find(({ name }) => name === scenario);
  const values = (chosen?.runs.tidegate ?? [])
    .flatMap((figures) => figures[figure] ?? [])
    .sort((a, b) => a - b);
  const middle = values[Math.floor(values.length / 2)];
  if (middle === undefined || middle <= 0) throw new Error(`the run has no ${figure} of ${scenario}`);
  return middle;
}
