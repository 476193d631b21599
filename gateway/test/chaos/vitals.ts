import type { Fleet } from "./fleet.ts";

/** The worst of all nodes. */
export interface Vitals {
  /** 99th percentile of how late timers ran in the last half or whole minute, in milliseconds. */
  loopDelay: number;
  /** Resident, in MiB. */
  memory: number;
  /** Calls that wait for Redis. */
  pending: number;
}

export async function measureNodes(fleet: Fleet): Promise<Vitals> {
  const pages = await Promise.all(
    fleet.members.map(async ({ api }) => (await fetch(`${api}/metrics`)).text()),
  );
  const worst = (series: string) => Math.max(...pages.map((page) => sampleOf(page, series)));
  return {
    loopDelay: worst('tidegate_event_loop_delay_seconds{quantile="0.99"}') * 1_000,
    memory: worst("process_resident_memory_bytes") / 2 ** 20,
    pending: worst("tidegate_redis_pending_calls"),
  };
}

function sampleOf(page: string, series: string): number {
  const line = page.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}
