/** How often things are looked at, and how long they hold; all in milliseconds. */
export interface Timings {
  /** How long a node's lease holds. */
  lease: number;
  /** Between two renewals of it. */
  beat: number;
  /** Between two looks at the connections. */
  watch: number;
  /** Of a channel, after which it is compared with its history. */
  silence: number;
}

/** A node that is killed is noticed within lease + beat. */
export const defaultTimings: Timings = { lease: 10_000, beat: 3_000, watch: 2_000, silence: 30_000 };
