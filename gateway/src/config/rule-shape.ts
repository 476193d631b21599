/*
 * Every key of a channel rule, declared once with its words: the parser, the faults and CONFIG's table are made from
 * it.
 */

import { z } from "zod";
import { hasNameCharacters, isReservedName } from "../protocol/channel-name.ts";
import { parseDuration, parseRate } from "./units.ts";

const joiners = ["nobody", "anyone", "user", "token"] as const;
const whos = [...joiners, "subscriber"] as const;

/** Whom a rule lets publish, or read presence or history. */
export type Who = (typeof whos)[number];
/** Whom a rule lets subscribe: whoever is subscribed already is no answer to that. */
export type Joiner = (typeof joiners)[number];

const maxTtl = 30 * 86_400_000;

/** Messages that begin so are completed with what was found. */
export const expected = (what: string) => `expected ${what}`;

const joiner = z.enum(joiners, expected(`one of ${joiners.join(", ")}`));
const who = z.enum(whos, expected(`one of ${whos.join(", ")}`));
const flag = z.boolean(expected("true or false"));

/** A text that `parse` turns into a number. */
function amount(what: string, parse: (text: string) => number | undefined) {
  return z.string(expected(what)).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: expected(what) });
    return z.NEVER;
  });
}

/** @param max milliseconds. @param what completes "expected …" */
function duration(max: number, what: string) {
  return amount(what, (text) => {
    const value = parseDuration(text);
    return value !== undefined && value > 0 && value <= max ? value : undefined;
  });
}

function count(max: number) {
  const what = expected(`a whole number from 1 to ${max}`);
  return z.int(what).min(1, what).max(max, what);
}

const patternType = 'a pattern of channel names, such as "chat:*"';

/** A pattern is bounded like a name, since nothing longer than a name could match it. */
function isPattern(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= 255 && hasNameCharacters(text) && !isReservedName(text);
}

export const presenceShape = {
  read: who.default("subscriber").describe("Who may read it: as `publish`. Default `subscriber`."),
  events: flag
    .default(false)
    .describe("Whether subscribers get `joined`, `left`, `away` and `back`. Default `false`."),
};

export const historyShape = {
  size: count(10_000).describe("How many messages are kept: 1 to 10000. Required."),
  ttl: duration(maxTtl, "a duration such as 30m, at most 30d").describe(
    "How long a message is kept: a duration such as `30m`, at most `30d`. Required.",
  ),
  read: who.default("subscriber").describe("Who may read it: as `publish`. Default `subscriber`."),
};

export const rateShape = {
  publish: amount("a rate such as 10/s or 30/m", parseRate).describe(
    "Messages over time: a rate such as `10/s` or `30/m`. Required.",
  ),
  burst: count(1_000_000)
    .optional()
    .describe("Messages at once: a whole number. Default: the messages of one second, rounded up."),
};

const presence = z.preprocess(
  (value) => (typeof value === "string" ? { read: value } : value),
  z.strictObject(
    presenceShape,
    wrongKeys("who may read it, or a mapping with read and events", presenceShape),
  ),
);
const history = z.strictObject(historyShape, wrongKeys("a mapping with size, ttl and read", historyShape));
const rate = z.strictObject(rateShape, wrongKeys("a mapping with publish and burst", rateShape));

export const ruleShape = {
  match: z
    .string(expected(patternType))
    .refine(isPattern, expected(patternType))
    .describe("The channels: `*` stands for any run of characters but `:`, `**` for any run. Required."),
  subscribe: joiner
    .optional()
    .describe("Who may subscribe: `nobody`, `anyone`, `user` or `token`. Default `nobody`."),
  publish: who
    .optional()
    .describe(
      "Which clients may publish: also `subscriber`. Default `nobody`. Backends always may, through the server API.",
    ),
  presence: presence
    .optional()
    .describe("Who is in the channel is known. `presence: user` is short for `presence: {read: user}`."),
  history: history.optional().describe("Messages are kept, and returning clients recover what they missed."),
  rate: rate.optional().describe("How much each connection may publish."),
  latest: flag
    .optional()
    .describe(
      "The channel is a value, not a log: every subscribe returns the newest message. Needs `history`. Default `false`.",
    ),
  conflate: duration(3_600_000, "a duration such as 200ms, at most 1h")
    .optional()
    .describe(
      "A subscriber gets at most one message in this time, the newest: a duration such as `200ms`, at most `1h`. Implies `latest`.",
    ),
};

/** What is said of an unknown key, and of a value that is no mapping. */
export function wrongKeys(what: string, shape: object) {
  const error = ({ code }: { code: string }) =>
    code === "unrecognized_keys"
      ? `not a key here; the keys are ${Object.keys(shape).join(", ")}`
      : expected(what);
  return { error };
}
