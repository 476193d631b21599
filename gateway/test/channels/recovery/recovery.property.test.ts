import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelRule } from "../../../src/config/rules.ts";
import { lasting, rule } from "../node.ts";
import { keepsAll, type Plan, plan, ttl } from "./steps.ts";
import { World } from "./world.ts";

/*
 * A failure prints its seed and path. To run that one case again, in the test that failed:
 *
 *   TIDEGATE_REPLAY=<seed>,<path> npx vitest run test/channels/recovery -t "<name of the test>"
 */
const [seed, path] = process.env.TIDEGATE_REPLAY?.split(",") ?? [];
const replay = seed && path ? { seed: Number(seed), path, endOnFailure: true } : {};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Case {
  slowLink: boolean;
  runs: number;
  more: Partial<ChannelRule>;
}

async function holds({ slowLink, more }: Case, plan: Plan): Promise<void> {
  const history = { ...lasting, size: plan.size, ttl };
  const runTimers = (ms: number) => void vi.advanceTimersByTime(ms);
  const world = new World({ rule: rule("*", { history, ...more }), slowLink, runTimers });
  try {
    await world.run(plan);
    if (keepsAll(plan)) expect(world.refused).toBe(0);
  } finally {
    await world.stop();
  }
}

const announced = { presence: { read: "anyone", events: true, linger: 0 } } as const;

it.each<[string, Case]>([
  ["logs", { slowLink: false, runs: 4_500, more: announced }],
  ["logs, with deliveries on their way", { slowLink: true, runs: 2_000, more: announced }],
  ["values", { slowLink: false, runs: 1_000, more: { latest: true } }],
  ["values, with deliveries on their way", { slowLink: true, runs: 1_000, more: { latest: true } }],
  ["values with presence events", { slowLink: true, runs: 500, more: { latest: true, ...announced } }],
  ["conflated values", { slowLink: true, runs: 1_000, more: { latest: true, conflate: 200 } }],
])(
  "shows every client each channel without a silent hole: %s",
  async (_name, test) => {
    await fc.assert(
      fc.asyncProperty(plan, (plan) => holds(test, plan)),
      { numRuns: test.runs, ...replay },
    );
  },
  120_000,
);
