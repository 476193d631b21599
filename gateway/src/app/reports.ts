/*
 * Wires what the node says of itself where another one asks: its channels, and how it does. `core.ts` calls it last,
 * since it reads what all the rooms hold; the backplane calls its `report`.
 */

import type { Backplane, NodeInfo } from "../backplane/ports.ts";
import type { Questions, ReportKind, Reports, StatsReport } from "../backplane/reports.ts";
import { ChannelList } from "../channels/channel-list.ts";
import type { Feeds } from "../channels/feeds.ts";
import { roomPolicy } from "../channels/rules.ts";
import type { CoalescingAdapter } from "../fanout/adapter.ts";
import type { Admission } from "../ops/admission.ts";
import type { Metrics } from "../ops/metrics.ts";
import { RecentFigures } from "../ops/recent-figures.ts";
import type { Context } from "./context.ts";

interface ReportsOptions {
  backplane: Pick<Backplane, "healthy" | "status">;
  feeds: Feeds;
  rooms: CoalescingAdapter;
  metrics: Metrics;
  admission: Pick<Admission, "unready">;
  describe(): NodeInfo;
}

/** What the node answers to questions about itself; its figures begin with `figures.start`. */
export function createReports(context: Context, options: ReportsOptions) {
  const { now, registry, config } = context;
  const figures = new RecentFigures({ ...options.metrics, connections: () => registry.size, now });
  const channels = listOf(options);
  const answers: { [Kind in ReportKind]: (about: Questions[Kind]) => Promise<Reports[Kind]> } = {
    channels: async (about) => ({ node: config.nodeId, ...(await channels.page(about)) }),
    stats: async ({ since }) => ({ ...statsOf(context, options), ...figures.since(since) }),
  };
  const report = <Kind extends ReportKind>(kind: Kind, about: Questions[Kind]) => answers[kind](about);
  return { figures, report };
}

/** Emitters may also put sockets into rooms that are no channels. */
function listOf({ feeds, rooms }: ReportsOptions): ChannelList {
  return new ChannelList(function* () {
    for (const { channel, policy } of feeds.occupied()) {
      if (policy === roomPolicy) continue;
      yield { channel, subscribers: rooms.rooms.get(channel)?.size ?? 0 };
    }
  });
}

function statsOf(
  { config, overload }: Context,
  { backplane, feeds, admission, describe }: ReportsOptions,
): Omit<StatsReport, "at" | "step" | "series"> {
  const { capacity, redisUrl } = config;
  const obstacle = admission.unready()?.code;
  return {
    ...describe(),
    capacity,
    memoryLimit: overload.memoryLimit,
    channels: feeds.size,
    ...(obstacle !== undefined && { obstacle }),
    ...(redisUrl !== "memory" && { redis: { up: backplane.healthy(), lag: backplane.status().lag } }),
  };
}
