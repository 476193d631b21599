/*
 * A channel rule: what its keys mean together. A rule that would be ignored is a fault, since its author
 * relies on it.
 */

import { z } from "zod";
import { wrongKeys } from "./file-kinds.ts";
import { type Joiner, type Reader, ruleShape, type Who } from "./rule-shape.ts";

export type { Who } from "./rule-shape.ts";

/** What holds on the channels that a pattern matches. Absent presence or history: the channel has none. */
export interface ChannelRule {
  match: string;
  subscribe: Joiner;
  publish: Who;
  /** `linger` in milliseconds. */
  presence?: { read: Reader; events: boolean; linger: number } | undefined;
  /** `ttl` in milliseconds. */
  history?: { size: number; ttl: number; read: Reader } | undefined;
  /** `publish` in messages a second and connection. */
  rate?: { publish: number; burst: number } | undefined;
  latest: boolean;
  /** Milliseconds. */
  conflate?: number | undefined;
}

/** One rule as the file has it. */
export const ruleSchema = z
  .strictObject(ruleShape, wrongKeys("a rule, a mapping with match", ruleShape))
  .superRefine(
    (rule, context) => {
      for (const [path, message] of contradictions(rule)) {
        context.addIssue({ code: "custom", path: [...path], message });
      }
    },
    // Also where a member has a fault of its own, so that all faults are told at once.
    { when: ({ value }) => typeof value === "object" && value !== null },
  )
  .transform(complete);

type WrittenRule = z.output<z.ZodObject<typeof ruleShape>>;

type Contradiction = [path: readonly string[], message: string];

/** Keys of one rule that do not go together, each at the key that has to change. */
function* contradictions(rule: WrittenRule): Generator<Contradiction> {
  if (String(rule.match).startsWith("user:")) return yield* personalFaults(rule);
  if (rule.conflate !== undefined && rule.latest === false) {
    yield [["latest"], "conflate implies latest; leave latest out or make it true"];
  }
  const latest = rule.latest === true || rule.conflate !== undefined;
  if (latest && !rule.history) {
    yield [[rule.latest ? "latest" : "conflate"], "latest needs history; add history: {size: 1, ttl: 1h}"];
  }
}

const personalFault =
  "a personal channel's permissions cannot be changed; a rule for user: may have history only, with size and ttl";

/** Whose channel it is decides who may do what there; a rule that says otherwise would be ignored. */
function* personalFaults(rule: WrittenRule): Generator<Contradiction> {
  for (const [key, value] of Object.entries(rule)) {
    if (!(key in ruleShape) || key === "match" || key === "history" || value === undefined) continue;
    yield [[key], personalFault];
  }
  const read = rule.history?.read ?? "subscriber";
  if (read !== "subscriber") yield [["history", "read"], personalFault];
}

/** The rule with its defaults. Those of single keys are in the shape; these need another key. */
function complete({ subscribe, publish, rate, latest, ...rest }: WrittenRule): ChannelRule {
  return {
    ...rest,
    subscribe: subscribe ?? "nobody",
    publish: publish ?? "nobody",
    ...(rate && { rate: { publish: rate.publish, burst: rate.burst ?? Math.ceil(rate.publish) } }),
    latest: latest ?? rest.conflate !== undefined,
  };
}

/** What holds in development without a file: everybody may do everything. */
export const developmentRules: readonly ChannelRule[] = [
  {
    match: "**",
    subscribe: "anyone",
    publish: "anyone",
    presence: { read: "anyone", events: true, linger: 10_000 },
    history: { size: 100, ttl: 600_000, read: "anyone" },
    latest: false,
  },
];
