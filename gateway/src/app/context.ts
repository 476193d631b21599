import type { NodeInfo } from "../backplane/ports.ts";
import type { ChannelRule } from "../config/rules.ts";
import type { Config } from "../config/schema.ts";
import { Alarms } from "../connection/alarms.ts";
import { Registry } from "../connection/registry.ts";
import type { Log } from "../log.ts";
import { openFileLimit, socketBounds } from "../ops/descriptors.ts";
import { Overload, type Shortage } from "../ops/overload.ts";
import { OpenSockets } from "../transport/open-sockets.ts";
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
  /** How many files the process may have open; undefined where there is no limit. */
  openFiles: number | undefined;
  /** Those of the public port. */
  openSockets: OpenSockets;
  overload: Overload;
}

export function createContext(options: AppOptions): Context {
  const { config, log, now = Date.now } = options;
  const openFiles = openFileLimit();
  const openSockets = new OpenSockets();
  return {
    ...options,
    now,
    started: now(),
    state: { draining: false, connectionsBefore: 0 },
    registry: new Registry(),
    alarms: new Alarms(now),
    openSockets,
    openFiles,
    overload: new Overload({
      ...config,
      maxSockets: socketBounds(openFiles).refuseAbove,
      sockets: () => openSockets.count,
      onChange: (shortage, short) => tellOfShortage(log, shortage, short),
      onUnread: (error) => log.warn({ err: error }, "the memory in use cannot be read"),
    }),
  };
}

/** A turn of the event loop that was late comes and goes; the metrics have those. */
function tellOfShortage(log: Log, reason: Shortage, short: boolean): void {
  if (reason === "lag") return;
  if (short) log.warn({ reason }, "new connections are refused");
  else log.info({ reason }, "new connections are taken again");
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
