/** A full run of the bench, as `npm run bench -- --json` prints it. */
export interface BenchRun {
  machine: string;
  date: string;
  /** What a reader should know of the run. */
  note?: string;
  scenarios: { name: string; throughRedis?: boolean; runs: Record<string, Record<string, number>[]> }[];
}

/** What one of each costs. */
export interface Costs {
  /** Resident bytes of an idle connection. */
  connectionBytes: number;
  /** Seconds of a node's CPU. */
  accept: number;
  delivery: number;
  publication: number;
  /** Seconds of Redis' CPU for a publication, and for each node that hears it. */
  redisPublication: number;
  redisNode: number;
}

/** @throws Error where the run lacks a figure */
export function costsOf(run: BenchRun): Costs {
  const figure = (scenario: string, name: string) => median(run, scenario, name);
  return {
    connectionBytes: figure("memory", "resident_kb_per_connection") * 1_000,
    accept: 1 / figure("accept", "accepted_per_cpu_second"),
    delivery: 1 / figure("rate-30", "deliveries_per_cpu_second"),
    publication: 1 / figure("publish", "published_per_cpu_second"),
    redisPublication: figure("redis-cost", "us_per_publish_single") / 1e6,
    redisNode: figure("redis-cost", "us_per_delivered_node") / 1e6,
  };
}

/** What was measured through Redis goes before what was not. */
function median({ scenarios }: BenchRun, scenario: string, figure: string): number {
  const found = scenarios.filter(({ name }) => name === scenario);
  const chosen = found.find(({ throughRedis }) => throughRedis) ?? found[0];
  const values = (chosen?.runs.tidegate ?? [])
    .flatMap((figures) => figures[figure] ?? [])
    .sort((a, b) => a - b);
  const middle = values[Math.floor(values.length / 2)];
  if (middle === undefined || middle <= 0) throw new Error(`the run has no ${figure} of ${scenario}`);
  return middle;
}
