/*
 * How questions to nodes and their reports stand on pub/sub, beside the commands of `command-wire.ts`: JSON, read by
 * nodes of this version, of the one before and of the next. Whoever may publish in Redis may send anything.
 */

import { z } from "zod";
import type { Figures, Question, Questions, ReportKind, Reports } from "../../reports.ts";
import { listOf } from "../peers/peer-parts.ts";

const text = z.string();
const count = z.number();

const questions: { [Kind in ReportKind]: z.ZodType<Questions[Kind]> } = {
  channels: z.object({ prefix: text, after: text, limit: z.int().min(1).max(100) }),
  stats: z.object({ since: count }),
};

export const questionKinds = Object.keys(questions) as ReportKind[];

/** Empty where a node of another version does not have it. */
const series = z.array(count.nullable()).default([]);

const allSeries: z.ZodType<Figures["series"]> = z.object({
  connections: series,
  published: series,
  delivered: series,
  publishP50: series,
  publishP99: series,
  loopDelay: series,
  loopBusy: series,
  memory: series,
  dropped: series,
});

const reports: { [Kind in ReportKind]: z.ZodType<Reports[Kind]> } = {
  channels: z.object({
    node: text,
    channels: listOf(z.object({ channel: text, subscribers: count })),
    more: z.boolean(),
  }),
  stats: z.object({
    node: text,
    version: text,
    uptime: count,
    connections: count,
    subscriptions: count,
    draining: z.boolean(),
    capacity: count,
    memoryLimit: count,
    channels: count,
    obstacle: text.optional(),
    redis: z.object({ up: z.boolean(), lag: count }).optional(),
    at: count,
    step: count,
    series: allSeries,
  }),
};

export function isQuestion(kind: string): kind is ReportKind {
  return Object.hasOwn(questions, kind);
}

/** @throws Error where it is not of its kind's form */
export function parseQuestion(kind: ReportKind, question: object): Question {
  return { kind, about: questions[kind].parse(Object(question).about) } as Question;
}

/** @returns undefined where it is no such report */
export function readReport<Kind extends ReportKind>(kind: Kind, report: unknown): Reports[Kind] | undefined {
  return reports[kind].safeParse(report).data;
}
