/*
 * How often this room looks at things, and how long they hold. The shards and Housekeeper are given it; tests give
 * shorter ones. The relations count: a lease must outlive several renewals, or a single slow answer would end the
 * presence of all users of a node.
 */

/** How often things are looked at, and how long they hold; all in milliseconds. */
export interface Timings {
  /** How long a node's lease holds. */
  lease: number;
  /** Between two renewals of it. */
  renewal: number;
  /** Between two checks of the connections. */
  healthCheck: number;
  /** Of a channel, after which it is compared with its history. */
  silence: number;
}

/** A node that is killed is noticed within lease + renewal. */
export const defaultTimings: Timings = { lease: 10_000, renewal: 3_000, healthCheck: 2_000, silence: 30_000 };
