/*
 * Owns how commands and their replies stand on pub/sub. Control writes and reads them; nodes of this version, of the
 * one before and of the next read them too. A member that only narrows what a known kind does must not be added, since
 * nodes that ignore it would do more than was asked for: that takes a new kind.
 */

import { z } from "zod";
import { connectionInfo } from "../../info-schemas.ts";
import type { Command, CommandReply } from "../../ports.ts";
import type { Question, ReportKind, Reports } from "../../reports.ts";
import { readJson } from "../peers/payload.ts";
import { listOf } from "../peers/peer-parts.ts";
import { isQuestion, parseQuestion, questionKinds, readReport } from "./report-wire.ts";

/** A command as JSON, with the way back to who asks. */
export interface CommandRequest {
  id: string;
  /** The address of the node that asks; the reply goes there. */
  from: string;
  /** Undefined where it is of a kind that this version does not know: a newer node has sent it. */
  command: Command | Question | undefined;
}

export interface CommandResponse extends CommandReply {
  id: string;
  /** The address of the node that replies. */
  from: string;
  /** False: the node knows no such command and has done nothing. Nodes of 0.1.0 do not have this member. */
  understood: boolean;
  /** The answer to a question, which only whoever asked it can read; absent where it was a command. */
  report?: unknown;
}

const text = z.string();

const commands: { [Kind in Command["kind"]]: z.ZodType<Extract<Command, { kind: Kind }>> } = {
  connections: z.object({ kind: z.literal("connections"), user: text }),
  subscribe: z.object({ kind: z.literal("subscribe"), user: text, channel: text }),
  unsubscribe: z.object({ kind: z.literal("unsubscribe"), user: text, channel: text }),
  disconnect: z.object({
    kind: z.literal("disconnect"),
    target: z.union([z.object({ user: text }), z.object({ connection: text })]),
    reconnect: z.boolean(),
  }),
  revoke: z.object({ kind: z.literal("revoke"), user: text, before: z.number() }),
  replace: z.object({ kind: z.literal("replace"), connection: text }),
};

/** The kinds of commands that this version executes, and of questions that it answers. */
export const commandKinds: readonly string[] = [...Object.keys(commands), ...questionKinds];

const request = z.object({ id: text, from: text, command: z.looseObject({ kind: text }) });

const response: z.ZodType<CommandResponse> = z.object({
  id: text,
  from: text,
  understood: z.boolean().default(true),
  connections: listOf(connectionInfo),
  report: z.unknown().optional(),
});

function isKnown(kind: string): kind is Command["kind"] {
  return Object.hasOwn(commands, kind);
}

/** @throws Error where the bytes are no request; whoever may publish in Redis may send anything */
export function parseRequest(message: Buffer): CommandRequest {
  const { id, from, command } = request.parse(readJson(message));
  const { kind } = command;
  if (isQuestion(kind)) return { id, from, command: parseQuestion(kind, command) };
  return { id, from, command: isKnown(kind) ? commands[kind].parse(command) : undefined };
}

/** @throws Error where the bytes are no response */
export function parseResponse(message: Buffer): CommandResponse {
  return response.parse(readJson(message));
}

/** The report in a response to a question. @returns undefined where it has none of that kind */
export function reportIn<Kind extends ReportKind>(
  kind: Kind,
  { report }: CommandResponse,
): Reports[Kind] | undefined {
  return readReport(kind, report);
}
