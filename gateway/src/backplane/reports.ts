/*
 * What nodes are asked about themselves, and what each answers. The server API asks through Control, and puts the
 * reports of all nodes together; nothing that is asked here changes anything.
 */

import type { NodeInfo } from "./ports.ts";

export interface Questions {
  /** The first channels, in the order of their bytes, that begin so and come after the name. */
  channels: ChannelQuery;
  /** How the node does, with its figures after that time in Unix milliseconds. */
  stats: { since: number };
}

export interface ChannelQuery {
  prefix: string;
  /** A name; an empty text for the beginning. */
  after: string;
  limit: number;
}

export interface Reports {
  channels: ChannelsReport;
  stats: StatsReport;
}

export type ReportKind = keyof Reports;

/** A question as nodes send it to each other; no command has an `about`. */
export type Question = { [Kind in ReportKind]: { kind: Kind; about: Questions[Kind] } }[ReportKind];

export interface ChannelCount {
  channel: string;
  /** Connections that are subscribed to it on the node. */
  subscribers: number;
}

export interface ChannelPage {
  channels: ChannelCount[];
  /** There are others after the last one. */
  more: boolean;
}

export interface ChannelsReport extends ChannelPage {
  node: string;
}

/** The names of a node's figures; each stands for so many places of `Figures.series`. */
export const seriesNames = [
  "connections",
  "published",
  "delivered",
  "publishP50",
  "publishP99",
  "loopDelay",
  "loopBusy",
  "memory",
  "dropped",
] as const;

export type SeriesName = (typeof seriesNames)[number];

/** A node's recent past. Each series has a value for each step; null where there is none. */
export interface Figures {
  /** Unix milliseconds of the first values: the end of the step that they are of. */
  at: number;
  /** Milliseconds. */
  step: number;
  series: Record<SeriesName, (number | null)[]>;
}

export interface StatsReport extends NodeInfo, Figures {
  /** Connections that the node is sized for. */
  capacity: number;
  /** Bytes that its process may have. */
  memoryLimit: number;
  /** Channels with a subscriber on it. */
  channels: number;
  /** Why it takes no newcomers, as a code; absent where it is ready. */
  obstacle?: string | undefined;
  /** Absent where it is alone and has none. `lag` in seconds, of the last answer. */
  redis?: { up: boolean; lag: number } | undefined;
}

/** What all nodes said. */
export interface Asked<Kind extends ReportKind> {
  reports: Reports[Kind][];
  /** Nodes that did not answer in time, or are of a version that does not know the question. */
  unreached: string[];
}
