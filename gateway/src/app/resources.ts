/*
 * Wires what a node watches of its process, so that it refuses newcomers before it is short of something. `context.ts`
 * calls it.
 */

import type { Config } from "../config/schema.ts";
import type { Log } from "../log.ts";
import { openFileLimit, socketBounds } from "../ops/descriptors.ts";
import { Overload, type Shortage } from "../ops/overload.ts";
import type { OpenSockets } from "../transport/open-sockets.ts";

export interface Resources {
  /** How many files the process may have open; undefined where there is no limit. */
  openFiles: number | undefined;
  overload: Overload;
}

/** @param openSockets those of the public port */
export function watchResources(config: Config, openSockets: Pick<OpenSockets, "count">, log: Log): Resources {
  const openFiles = openFileLimit();
  const overload = new Overload({
    ...config,
    maxSockets: socketBounds(openFiles).refuseAbove,
    sockets: () => openSockets.count,
    onChange: (shortage, short) => tellOfShortage(log, shortage, short),
    onUnread: (error) => log.write("memory_unreadable", { cause: error }),
  });
  return { openFiles, overload };
}

/** A turn of the event loop that was late comes and goes; the metrics have those. */
function tellOfShortage(log: Log, reason: Shortage, short: boolean): void {
  if (reason === "lag") return;
  log.write(short ? "newcomers_refused" : "newcomers_accepted", { reason });
}
