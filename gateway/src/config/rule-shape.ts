/*
 * Every key of a channel rule, declared once with its words: the parser, the faults and CONFIG's table are made from
 * it.
 */

import { z } from "zod";
import { amount, count, durationBetween, expected, flag, pattern, wrongKeys } from "./file-kinds.ts";
import { parseDuration, parseRate } from "./units.ts";

const known = ["nobody", "anyone", "user", "token"] as const;
const joiners = [...known, "hook"] as const;
const readers = [...known, "subscriber"] as const;
const publishers = [...readers, "hook"] as const;

/** Whom a rule lets do something. Of reading, no backend is asked: one page of it would be one call. */
export type Who = (typeof publishers)[number];
/** Whom a rule lets read presence or history. */
export type Reader = (typeof readers)[number];
/** Whom a rule lets subscribe: whoever is subscribed already is no answer to that. */
export type Joiner = (typeof joiners)[number];

const maxTtl = 30 * 86_400_000;

const oneOf = <const T extends readonly string[]>(words: T) =>
  z.enum(words, expected(`one of ${words.join(", ")}`));
const reader = oneOf(readers);

/** @param max milliseconds. @param what completes "expected …". */
function duration(max: number, what: string) {
  return amount(what, (text) => {
    const value = parseDuration(text);
    return value !== undefined && value > 0 && value <= max ? value : undefined;
  });
}

export const presenceShape = {
  read: reader
    .default("subscriber")
    .describe("Who may read it: as `publish`, `hook` apart. Default `subscriber`."),
  events: flag
    .default(false)
    .describe(
      "Whether subscribers get `joined`, `left`, `away` and `back`, with the user's `info`: all of them, whatever `read` says. Default `false`.",
    ),
  linger: durationBetween("0s", "5m")
    .default(10_000)
    .describe(
      "How long a user stays there whose last connection has ended, so that one that comes back has not left: a duration such as `10s`, from `0s` to `5m`. One that was away stays until 30 minutes after it went, but with `0s`. Default `10s`.",
    ),
};

export const historyShape = {
  size: count(10_000).describe("How many messages are kept: 1 to 10000. Required."),
  ttl: duration(maxTtl, "a duration such as 30m, at most 30d").describe(
    "How long a message is kept: a duration such as `30m`, at most `30d`. Required.",
  ),
  read: reader
    .default("subscriber")
    .describe(
      "Who may read it with `history`, without a subscription too: as `publish`, `hook` apart. Whoever may subscribe reads all of it by `since`, whatever stands here. Default `subscriber`.",
    ),
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
    wrongKeys("who may read it, or a mapping with read, events and linger", presenceShape),
  ),
);
const history = z.strictObject(historyShape, wrongKeys("a mapping with size, ttl and read", historyShape));
const rate = z.strictObject(rateShape, wrongKeys("a mapping with publish and burst", rateShape));

export const ruleShape = {
  match: pattern.describe(
    "The channels: `*` stands for any run of characters but `:`, `**` for any run. Required.",
  ),
  subscribe: oneOf(joiners)
    .optional()
    .describe(
      "Who may subscribe: `nobody`, `anyone`, `user`, `token`, or `hook`: a backend is asked. Default `nobody`.",
    ),
  publish: oneOf(publishers)
    .optional()
    .describe(
      "Which clients may publish: as `subscribe`, and `subscriber`. Default `nobody`. Backends always may, through the server API.",
    ),
  presence: presence
    .optional()
    .describe("Who is in the channel is known. `presence: user` is short for `presence: {read: user}`."),
  history: history.optional().describe("Messages are kept, and returning clients recover what they missed."),
  rate: rate.optional().describe("How much each user may publish, over all connections of a node."),
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
