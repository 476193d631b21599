/** How many sockets the public port may have open, so that the rest of the node always finds a descriptor. */
export interface SocketBounds {
  /** Above so many new connections get 503. */
  refuseAbove: number;
  /** With so many open, further ones are closed as they are taken. */
  most: number;
}

/** What is kept of the limit: a share of it within these bounds, and never more than half. */
const share = 1 / 16;
const leastKept = 128;
const mostKept = 1_024;

/**
 * Part of the limit is kept for the process's own files, Redis, the admin port and logins. Of that half may be taken
 * by those who are being refused, or have not asked for anything yet.
 *
 * @param limit files that the process may have open; undefined where there is no limit
 */
export function socketBounds(limit: number | undefined): SocketBounds {
  if (limit === undefined) return { refuseAbove: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  const kept = Math.min(within(limit * share), Math.floor(limit / 2));
  return { refuseAbove: limit - kept, most: limit - Math.ceil(kept / 2) };
}

/** @returns what to tell the operator of a node that cannot hold the connections that it is sized for */
export function capacityWarning(limit: number | undefined, capacity: number): string | undefined {
  const { refuseAbove } = socketBounds(limit);
  if (refuseAbove >= capacity) return undefined;
  const needed = capacity + within((capacity * share) / (1 - share));
  return [
    `TIDEGATE_CAPACITY is ${capacity}, but with a limit of ${limit} open files this node holds ${refuseAbove} connections`,
    `raise the limit to at least ${needed}: ulimit -n in a shell, LimitNOFILE for systemd, ulimits.nofile for Docker and Compose`,
  ].join("; ");
}

/** The types know nothing of what keeps the network out of a report. */
type Report = typeof process.report & { excludeNetwork?: boolean };

/**
 * Files that the process may have open at once, sockets included. Node raises its soft limit to the hard one when it
 * starts, so what is read then holds for good.
 *
 * @returns undefined where there is no limit, or the system does not tell
 */
export function openFileLimit(): number | undefined {
  const report: Report = process.report;
  const { excludeNetwork } = report;
  try {
    // The report would look up the names of all peers.
    report.excludeNetwork = true;
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const limit = userLimits?.open_files?.soft;
    return typeof limit === "number" ? limit : undefined;
  } catch {
    return undefined;
  } finally {
    report.excludeNetwork = excludeNetwork ?? false;
  }
}

function within(reserve: number): number {
  return Math.min(Math.max(Math.ceil(reserve), leastKept), mostKept);
}
