/*
 * How much memory there is to use. Overload asks, and the metrics show what it found, so the limit that newcomers are
 * refused for and the one on the dashboard are one.
 */

import { totalmem } from "node:os";

/** Bytes that the process may have: its container's limit, else the machine's memory. */
export function givenMemory(): number {
  // Without a limit in its control group Node reports one that no machine has.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
