import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, NodeInfo } from "../../../src/backplane/ports.ts";
import { createRedisBackplane, type RedisBackplaneOptions } from "../../../src/backplane/redis/backplane.ts";
import type { Timings } from "../../../src/backplane/redis/timings.ts";
import { silentLog } from "../../../src/log.ts";
import type { Harness, HarnessSetup, MakeHarness } from "../../contract/harness.ts";
import { noReports } from "../../support/reports.ts";
import { type DeliveringBackplane, delivering } from "../delivering.ts";

interface ContractServer {
  url: string;
  flush(): Promise<unknown>;
  age(ms: number): Promise<unknown>;
}

/** The contract's harness on a server that all tests of a file share; each begins with nothing in it. */
export function makeRedisHarness(server: () => ContractServer): MakeHarness {
  return async ({ target, tokenLifetime, tidings }: HarnessSetup): Promise<Harness> => {
    await server().flush();
    const deliveries: Delivery[] = [];
    const host = { lost() {}, target };
    const backplane = createRedisBackplane(host, {
      node: target.describe().node,
      url: server().url,
      tokenLifetime,
      tidings,
      log: silentLog,
    });
    await backplane.start();
    let aged = 0;
    const age = async (ms: number) => {
      aged += ms;
      await server().age(ms);
    };
    return {
      backplane: delivering(backplane, (delivery) => deliveries.push(delivery)),
      deliveries,
      advance: async (ms) => void (await sleep(ms)),
      sweep: async () => {},
      age,
      now: () => Date.now() + aged,
      stop: () => backplane.stop(),
    };
  };
}

/** The real timings, in a fifth of the time. */
export const hurry: Timings = { lease: 2_000, renewal: 500, healthCheck: 400, silence: 1_000 };

/** One node of several on one server. */
export interface TestNode {
  backplane: DeliveringBackplane;
  deliveries: Delivery[];
  /** Channels that were said to be lost. */
  lost: string[];
}

export async function startNode(
  server: { url: string },
  node: string,
  options: Partial<RedisBackplaneOptions> = {},
): Promise<TestNode> {
  const deliveries: Delivery[] = [];
  const lost: string[] = [];
  const host = {
    lost: (channel: string) => void lost.push(channel),
    target: { execute: async () => ({ connections: [] }), ...noReports, describe: () => describeNode(node) },
  };
  const fixed = { node, url: server.url, tokenLifetime: 3_600_000, log: silentLog };
  const backplane = createRedisBackplane(host, { ...fixed, ...options });
  await backplane.start();
  return { backplane: delivering(backplane, (delivery) => deliveries.push(delivery)), deliveries, lost };
}

export function describeNode(node: string): NodeInfo {
  return { node, version: "0.0.0", uptime: 0, connections: 0, subscriptions: 0, draining: false };
}
