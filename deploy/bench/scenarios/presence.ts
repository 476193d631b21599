import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { type Figures, percentile, type Scale, type Scenario } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const channel = "present:1";

/** Milliseconds that so many answers took, sorted. */
async function ask(server: ServerProcess, limit: number, users: number, times: number): Promise<number[]> {
  const url = `http://127.0.0.1:${server.adminPort}/v1/presence?channel=${channel}&limit=${limit}`;
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const took: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const began = performance.now();
    const answer = (await (await fetch(url, { headers })).json()) as { total: number; users: unknown[] };
    took.push(performance.now() - began);
    if (answer.total !== users || answer.users.length !== Math.min(limit, users)) {
      throw new Error(`${answer.users.length} of ${answer.total} users are there, and not of ${users}.`);
    }
  }
  return took.sort((one, other) => one - other);
}

async function run(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const users = quick ? 200 : 10_000;
  const sessions = await openCrowd(server, users, () => [channel]);
  await ask(server, 100, users, 5);
  const usual = await ask(server, 100, users, quick ? 5 : 100);
  const largest = await ask(server, 1_000, users, quick ? 5 : 100);
  closeCrowd(sessions);
  return {
    page_of_100_median_ms: percentile(usual, 0.5),
    page_of_100_p99_ms: percentile(usual, 0.99),
    page_of_1000_median_ms: percentile(largest, 0.5),
    page_of_1000_p99_ms: percentile(largest, 0.99),
  };
}

export const presence: Scenario = {
  name: "presence",
  title: "10,000 users in one channel: a page of them, with their total, by the server API",
  targets: ["tidegate"],
  redis: "also",
  headline: { figure: "page_of_100_p99_ms", better: "less" },
  run,
};
