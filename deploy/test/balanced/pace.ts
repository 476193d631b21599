import type { Attempt } from "./traveller.ts";

/** Handshakes that a node lets in: so many a second, and so many at once. */
export interface Pace {
  rate: number;
  burst: number;
}

/**
 * The most handshakes that were let in within any time beyond those that the rate allows in it. A node that keeps to its
 * pace never has more than its burst of them, however slow its machine is: each was let in between its request and
 * its answer.
 */
export function mostBeyond(rate: number, attempts: readonly Attempt[]): number {
  const admitted = attempts.filter(({ outcome }) => outcome === "in");
  admitted.sort((a, b) => a.answered - b.answered);
  let most = 0;
  for (const { asked: from } of admitted) {
    let count = 0;
    for (const { asked, answered } of admitted) {
      if (asked < from) continue;
      count += 1;
      most = Math.max(most, count - (rate * (answered - from)) / 1_000);
    }
  }
  return most;
}

/** Those that were refused for the rate although the node cannot have let in as many as it allows by then. */
export function refusedInVain({ rate, burst }: Pace, attempts: readonly Attempt[]): Attempt[] {
  const admitted = attempts.filter(({ outcome }) => outcome === "in");
  admitted.sort((a, b) => b.answered - a.answered);
  return attempts.filter(({ asked, answered, outcome }) => {
    if (outcome !== "rate") return false;
    let since = 0;
    // Some time ago the burst was whole. As many as it held, and as have come into it since, were let in.
    const spent = admitted.some((other) => {
      if (other.asked > answered) return false;
      since += 1;
      return since >= burst - 1 + (rate * Math.max(0, asked - other.answered)) / 1_000;
    });
    return !spent;
  });
}
