import { clientLines } from "./clients.ts";
import type { LogField, LogLine } from "./fields.ts";
import { hookLines } from "./hooks.ts";
import { nodeLines } from "./node.ts";
import { redisLines } from "./redis.ts";

/** Every line that the gateway logs, by its id; `docs/LOGS.md` is made from it. */
export const logLines = { ...nodeLines, ...clientLines, ...hookLines, ...redisLines };

export type LogLineId = keyof typeof logLines;

type FieldOf<Id extends LogLineId> = (typeof logLines)[Id]["fields"][number];

/** The fields that a line of this id is given. One that is undefined is not written. */
export type FieldsOf<Id extends LogLineId> = Record<FieldOf<Id>, unknown>;

/** Lines that are logged once in a while, however often what they tell of comes. */
export type ThrottledLineId = {
  [Id in LogLineId]: "suppressed" extends FieldOf<Id> ? Id : never;
}[LogLineId];

/** Of those the ones that tell of a cause alone. */
export type TroubleLineId = {
  [Id in ThrottledLineId]: FieldOf<Id> extends "cause" | "suppressed" ? Id : never;
}[ThrottledLineId];

/** The line's message, with the values that it names. */
export function messageOf(id: LogLineId, fields: Partial<Record<LogField, unknown>>): string {
  const { message }: LogLine = logLines[id];
  if (!message.includes("{")) return message;
  return message.replaceAll(/\{(\w+)\}/g, (_place, field: LogField) => String(fields[field]));
}
