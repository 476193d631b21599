import type { NodeInfo } from "../cluster/ports.ts";
import type { ChannelRule } from "../config/rules.ts";
import type { Config } from "../config/schema.ts";
import { Alarms } from "../connection/alarms.ts";
import { Registry } from "../connection/registry.ts";
import type { Log } from "../log.ts";
import { Overload } from "../ops/overload.ts";
import { version } from "../version.ts";

export interface AppOptions {
  config: Config;
  rules: readonly ChannelRule[];
  log: Log;
  /** Unix milliseconds. */
  now?: () => number;
}

/** What the parts of a node share. */
export interface Context extends Required<AppOptions> {
  state: { draining: boolean; connectionsBefore: number };
  /** Unix milliseconds. */
  started: number;
  registry: Registry;
  alarms: Alarms;
  overload: Overload;
}

export function createContext(options: AppOptions): Context {
  const { config, log, now = Date.now } = options;
  return {
    ...options,
    now,
    started: now(),
    state: { draining: false, connectionsBefore: 0 },
    registry: new Registry(),
    alarms: new Alarms(now),
    overload: new Overload({
      ...config,
      onUnread: (error) => log.warn({ err: error }, "the memory in use cannot be read"),
    }),
  };
}

/** The node as the others are told of it. */
export function describeNode(
  { config, started, now, registry, state }: Context,
  subscriptions: number,
): NodeInfo {
  const { draining } = state;
  const uptime = Math.floor((now() - started) / 1_000);
  return { node: config.nodeId, version, uptime, connections: registry.size, subscriptions, draining };
}
