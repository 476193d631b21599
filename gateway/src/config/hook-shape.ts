/*
 * Every key of a hook, of what is told in it, and of the limits, declared once with its words: the parser, the faults
 * and CONFIG's tables are made from it.
 */

import { z } from "zod";
import type { QuestionKind } from "../meter.ts";
import { isWebUrl } from "./addresses.ts";
import { count, durationBetween, expected, flag, pattern, sizeBetween, wrongKeys } from "./file-kinds.ts";

/** What a backend may be asked. */
const questions = ["connect", "subscribe", "publish", "request"] as const satisfies QuestionKind[];
/** What a backend may be told. */
const tidings = [
  "connected",
  "disconnected",
  "online",
  "offline",
  "away",
  "back",
  "occupied",
  "vacated",
  "published",
  "unseen",
] as const;

export type TidingKind = (typeof tidings)[number];

const nameType = expected("1 to 32 of a-z, 0-9 and -, no other hook's, and not file or …-file");
/** `TIDEGATE_HOOK_SECRET_FILE` names a file, not the secret of a hook called `file`. */
const name = /^(?!(?:.*-)?file$)[a-z0-9-]{1,32}$/;

const urlType = expected("an http or https URL without a user or password");

/** Some of the words, none twice. */
function some<const T extends readonly string[]>(words: T) {
  const what = expected(`a list of ${words.join(", ")}, none twice`);
  return z
    .array(z.enum(words, expected(`one of ${words.join(", ")}`)), what)
    .min(1, what)
    .refine((items) => new Set(items).size === items.length, what);
}

export const batchShape = {
  size: count(1_000).default(100).describe("Events in one call: 1 to 1000. Default `100`."),
  wait: durationBetween("0ms", "10s")
    .default(20)
    .describe("How long an event waits for others: a duration from `0ms` to `10s`. Default `20ms`."),
};

export const keepShape = {
  size: sizeBetween("1MiB", "16GiB")
    .default(64 * 1024 ** 2)
    .describe(
      "What is kept of events that are not told yet, in all streams of one Redis or primary together: a size from `1MiB` to `16GiB`. Default `64MiB`.",
    ),
  age: durationBetween("1m", "30d")
    .default(86_400_000)
    .describe("For how long: a duration from `1m` to `30d`. Default `24h`."),
};

const batch = z.strictObject(batchShape, wrongKeys("a mapping with size and wait", batchShape));
const keep = z.strictObject(keepShape, wrongKeys("a mapping with size and age", keepShape));

export const hookShape = {
  name: z
    .string(nameType)
    .regex(name, nameType)
    .describe("What metrics, the API and the log call it: 1 to 32 of a-z, 0-9 and `-`. Required."),
  url: z
    .string(urlType)
    .refine(isWebUrl, urlType)
    .describe("Where it is. In production https, on this machine, or `plain`. Required."),
  ask: some(questions)
    .optional()
    .describe("What it is asked: `connect`, `subscribe`, `publish`, `request`. A hook asks or tells."),
  tell: some(tidings)
    .optional()
    .describe(`What it is told: ${tidings.map((kind) => `\`${kind}\``).join(", ")}.`),
  channels: pattern
    .optional()
    .describe(
      "The channels that `subscribe`, `publish`, `occupied`, `vacated` and `published` are about, as `match` of a rule. The first hook that fits is asked; every one is told. Default `**`.",
    ),
  timeout: durationBetween("100ms", "30s")
    .optional()
    .describe(
      "How long a call may take: asking from `100ms` to `5s`, default `1s`; telling from `1s` to `30s`, default `15s`.",
    ),
  plain: flag
    .default(false)
    .describe(
      "Whether it may be http in production, in a mesh or a cluster; the start warns. Default `false`.",
    ),
  batch: batch.optional().describe("How events are told together."),
  keep: keep.optional().describe("What is kept of events while the hook does not take them."),
};

export const limitsShape = {
  connectionsPerUser: count(10_000)
    .optional()
    .describe("Connections of one user; one more ends the oldest with `replaced`. Default: any number."),
};

export const limits = z.strictObject(
  limitsShape,
  wrongKeys("a mapping with connectionsPerUser", limitsShape),
);

export const settle = durationBetween("0ms", "5m")
  .default(10_000)
  .describe(
    "How long nobody may have come back before `away`, `offline`, `vacated` and `unseen` are told: a duration from `0ms` to `5m`, one for the fleet. Default `10s`.",
  );
