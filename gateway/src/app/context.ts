/*
 * What every part of a node shares and none of them owns: settings, clock, log, connections, alarms, counts of
 * sockets. It is made first, and without a timer: `App.start` starts what has one.
 */

import { type ConfigFile, withoutFile } from "../config/file.ts";
import type { Config } from "../config/schema.ts";
import { Accounts } from "../connection/accounts.ts";
import { Alarms } from "../connection/alarms.ts";
import { Registry } from "../connection/registry.ts";
import type { Log } from "../log.ts";
import { Shutdown } from "../ops/shutdown.ts";
import { type TlsSource, tlsSource } from "../transport/certificate.ts";
import { OpenSockets } from "../transport/open-sockets.ts";
import { type Resources, watchResources } from "./resources.ts";

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
  readTls?: TlsSource["read"];
}

/** What the parts of a node share. */
export interface Context extends Required<Omit<AppOptions, "readTls">>, Resources {
  /** What the public port serves TLS with, and how it is read again; absent where it has none. */
  tls: TlsSource | undefined;
  shutdown: Shutdown;
  /** Unix milliseconds. */
  started: number;
  registry: Registry;
  alarms: Alarms;
  accounts: Accounts;
  /** Those of the public port. */
  openSockets: OpenSockets;
  /** Those of the admin port. */
  apiSockets: OpenSockets;
}

export function createContext(options: AppOptions): Context {
  const { config, log, now = Date.now } = options;
  const openSockets = new OpenSockets();
  const registry = new Registry();
  return {
    ...withoutFile,
    ...options,
    now,
    reread: options.reread ?? (() => config),
    tls: tlsSource(config, options.readTls),
    started: now(),
    shutdown: new Shutdown({ window: config.drainWindow, connections: () => registry.size, log }),
    registry,
    alarms: new Alarms(now),
    accounts: new Accounts({ rate: config.requestRate, burst: config.requestBurst }),
    openSockets,
    apiSockets: new OpenSockets(),
    ...watchResources(config, openSockets, log),
  };
}
