/* The fleet's figures: asked for every 5 s from where the last answer ended, and joined to what is shown already. */

import { callErrorOf, get } from "../../api.ts";

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

export interface NodeStats {
  node: string;
  version: string;
  uptime: number;
  connections: number;
  subscriptions: number;
  draining: boolean;
  capacity: number;
  memoryLimit: number;
  channels: number;
  obstacle?: string;
  redis?: { up: boolean; lag: number };
  at: number;
  step: number;
  series: Record<SeriesName, (number | null)[]>;
}

/** A node that the others know of, as far as they know it. */
interface NodeInfo {
  node: string;
  version: string;
  uptime: number;
  connections: number;
  draining: boolean;
}

export interface FleetNode {
  name: string;
  info: NodeInfo;
  /** Absent where it has not answered this time. */
  stats: NodeStats | undefined;
  /** By Unix milliseconds of a step's end, the values in the order of `seriesNames`. */
  past: Map<number, readonly (number | null)[]>;
}

export interface Hook {
  name: string;
  state: "taking" | "failing";
  /** Events of all nodes. */
  waiting: number;
  /** Unix milliseconds of the oldest of them. */
  oldest?: number;
  lastError?: { at: number; cause: string };
  /** What the hook has refused. */
  aside: readonly unknown[];
}

export interface Fleet {
  nodes: FleetNode[];
  unreached: string[];
  /** Undefined where this gateway has none. */
  hooks: Hook[] | undefined;
}

/** 15 minutes. */
const kept = 15 * 60_000;

/** @throws CallError */
export async function askFleet(before: Fleet | undefined): Promise<Fleet> {
  const newest = Math.max(0, ...(before?.nodes ?? []).flatMap(({ past }) => [...past.keys()].slice(-1)));
  // Two steps more than what is new: a node whose clock is behind comes later.
  const since = Math.max(0, newest - 10_000);
  const [{ nodes: answered, unreached = [] }, { nodes: known }, hooks] = await Promise.all([
    get<{ nodes: NodeStats[]; unreached?: string[] }>("/v1/stats", { since }),
    get<{ nodes: NodeInfo[] }>("/v1/nodes").catch(() => ({ nodes: [] as NodeInfo[] })),
    askHooks(),
  ]);
  const names = new Set([...answered, ...known].map(({ node }) => node));
  for (const name of unreached) names.add(name);
  const nodes = [...names].sort().map((name): FleetNode => {
    const stats = answered.find(({ node }) => node === name);
    const old = before?.nodes.find((one) => one.name === name);
    const info = stats ?? known.find(({ node }) => node === name) ?? old?.info ?? unknown(name);
    return { name, info, stats, past: joined(old?.past, stats) };
  });
  return { nodes, unreached, hooks };
}

function unknown(node: string): NodeInfo {
  return { node, version: "", uptime: 0, connections: 0, draining: false };
}

function joined(before: FleetNode["past"] | undefined, stats: NodeStats | undefined): FleetNode["past"] {
  const past: FleetNode["past"] = new Map(before);
  if (!stats) return past;
  const { at, step, series } = stats;
  const columns = seriesNames.map((name) => series[name]);
  let newest = 0;
  for (let index = 0; index < series.connections.length; index++) {
    newest = at + index * step;
    past.set(
      newest,
      columns.map((column) => column[index] ?? null),
    );
  }
  // In the order of their times, so the oldest come first.
  for (const time of past.keys()) {
    if (time > newest - kept) break;
    past.delete(time);
  }
  return past;
}

/** Milliseconds until they are asked for again: an answer may have a thousand events that were set aside. */
const hooksPause = { some: 15_000, none: 60_000 };
let askHooksFrom = 0;
let hooksKnown: Hook[] | undefined;

/** A gateway without hooks, or of a version without them, has no such address. */
async function askHooks(): Promise<Hook[] | undefined> {
  if (performance.now() < askHooksFrom) return hooksKnown;
  try {
    const { hooks } = await get<{ hooks: Hook[] }>("/v1/hooks");
    hooksKnown = hooks.length > 0 ? hooks : undefined;
  } catch (thrown) {
    if (callErrorOf(thrown).code !== "not_found") throw thrown;
    hooksKnown = undefined;
  }
  askHooksFrom = performance.now() + (hooksKnown ? hooksPause.some : hooksPause.none);
  return hooksKnown;
}

export interface Curve {
  /** Unix seconds, as uPlot has them. */
  times: number[];
  values: (number | null)[];
}

/** One curve of all nodes. @param join what two values of one time come to */
export function curveOf(
  nodes: readonly FleetNode[],
  name: SeriesName,
  join: (one: number, other: number) => number,
): Curve {
  const place = seriesNames.indexOf(name);
  const joinedBy = new Map<number, number | null>();
  for (const { past } of nodes) {
    for (const [time, sample] of past) {
      const value = sample[place] ?? null;
      const other = joinedBy.get(time) ?? null;
      joinedBy.set(time, value === null || other === null ? (value ?? other) : join(value, other));
    }
  }
  const times = [...joinedBy.keys()].sort((one, other) => one - other);
  const values = times.map((time) => joinedBy.get(time) ?? null);
  // Of the newest step some nodes may not have told yet, and their sum would seem to fall.
  const last = times.at(-1);
  const isWhole = nodes.every(({ stats, past }) => !stats || last === undefined || past.has(last));
  if (!isWhole && times.length > 1)
    return { times: times.slice(0, -1).map(toSeconds), values: values.slice(0, -1) };
  return { times: times.map(toSeconds), values };
}

const toSeconds = (time: number) => time / 1_000;

export const sumOf = (one: number, other: number) => one + other;
export const mostOf = Math.max;

/** The newest value of a node's series. */
export function newestOf({ past }: FleetNode, name: SeriesName): number {
  return [...past.values()].at(-1)?.[seriesNames.indexOf(name)] ?? 0;
}

/** What a node has dropped in the time that is shown. */
export function droppedBy({ past }: FleetNode): number {
  const place = seriesNames.indexOf("dropped");
  let sum = 0;
  for (const sample of past.values()) sum += sample[place] ?? 0;
  return sum;
}
