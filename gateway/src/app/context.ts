/*
 * What every part of a node shares and none of them owns: settings, clock, log, connections, alarms, counts of
 * sockets. It is made first, and without a timer: `App.start` starts what has one.
 */

import { type ConfigFile, withoutFile } from "../config/file.ts";
import type { TlsPair } from "../config/pem.ts";
import type { Config } from "../config/schema.ts";
import { Accounts } from "../connection/accounts.ts";
import { Alarms } from "../connection/alarms.ts";
import { Registry } from "../connection/registry.ts";
import type { Log } from "../log.ts";
import { openFileLimit, socketBounds } from "../ops/descriptors.ts";
import { Overload, type Shortage } from "../ops/overload.ts";
import { Shutdown } from "../ops/shutdown.ts";
import { OpenSockets } from "../transport/open-sockets.ts";

/** What the file leaves out has its default here too. */
export interface AppOptions extends Partial<Omit<ConfigFile, "rules">>, Pick<ConfigFile, "rules"> {
  config: Config;
  log: Log;
  /** Unix milliseconds. */
  now?: () => number;
  /**
   * The settings with what their files hold now; as they are where absent.
   *
   * @throws Error that says which cannot be read
   */
  reread?: () => Config;
  /** The certificate of the public port and its key as they are now; where it is absent they stay as the config has them. */
  readTls?: () => TlsPair | undefined;
}

/** What the parts of a node share. */
export interface Context extends Required<Omit<AppOptions, "readTls">> {
  /** What the public port serves TLS with, and how it is read again; absent where it has none. */
  tls: { pair: TlsPair; read(): TlsPair | undefined } | undefined;
  shutdown: Shutdown;
  /** Unix milliseconds. */
  started: number;
  registry: Registry;
  alarms: Alarms;
  accounts: Accounts;
  /** How many files the process may have open; undefined where there is no limit. */
  openFiles: number | undefined;
  /** Those of the public port. */
  openSockets: OpenSockets;
  /** Those of the admin port. */
  apiSockets: OpenSockets;
  overload: Overload;
}

export function createContext(options: AppOptions): Context {
  const { config, log, now = Date.now } = options;
  const openFiles = openFileLimit();
  const openSockets = new OpenSockets();
  const registry = new Registry();
  return {
    ...withoutFile,
    ...options,
    now,
    reread: options.reread ?? (() => config),
    tls: tlsOf(options),
    started: now(),
    shutdown: new Shutdown({ window: config.drainWindow, connections: () => registry.size, log }),
    registry,
    alarms: new Alarms(now),
    accounts: new Accounts({ rate: config.requestRate, burst: config.requestBurst }),
    openSockets,
    apiSockets: new OpenSockets(),
    openFiles,
    overload: new Overload({
      ...config,
      maxSockets: socketBounds(openFiles).refuseAbove,
      sockets: () => openSockets.count,
      onChange: (shortage, short) => tellOfShortage(log, shortage, short),
      onUnread: (error) => log.write("memory_unreadable", { cause: error }),
    }),
  };
}

function tlsOf({ config: { tlsCert: cert, tlsKey: key }, readTls }: AppOptions): Context["tls"] {
  if (cert === undefined || key === undefined) return undefined;
  const pair = { cert, key };
  return { pair, read: readTls ?? (() => pair) };
}

/** A turn of the event loop that was late comes and goes; the metrics have those. */
function tellOfShortage(log: Log, reason: Shortage, short: boolean): void {
  if (reason === "lag") return;
  log.write(short ? "newcomers_refused" : "newcomers_accepted", { reason });
}
