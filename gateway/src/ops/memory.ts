/*
 * How much memory there is to use. Overload asks, and the metrics show what it found, so the limit that newcomers are
 * refused for and the one on the dashboard are one.
 */

import { totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that the process may have: its container's limit, else the machine's memory. */
export function givenMemory(): number {
  // Without a limit in its control group Node reports one that no machine has.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Bytes that newcomers cannot have: what the process holds, less what its heap has free. The system does not get that
 * back for long after thousands have left.
 *
 * @throws Error where the system does not tell
 */
export function takenMemory(): number {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - (heapTotal - heapUsed);
}

/** Collects garbage now, for as long as that takes: a process in which little happens would put it off for minutes. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
