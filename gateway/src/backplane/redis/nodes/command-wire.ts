import { z } from "zod";
import type { Command, CommandReply, ConnectionInfo } from "../../ports.ts";
import { readJson } from "../peers/payload.ts";
import { listOf } from "../peers/peer-parts.ts";

/** A command on its way to the other nodes. */
export interface Order {
  id: string;
  /** Where the reply goes. */
  from: string;
  command: Command;
}

export interface Report extends CommandReply {
  id: string;
  /** The address of the node that replies. */
  from: string;
}

const text = z.string();

const command: z.ZodType<Command> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("connections"), user: text }),
  z.object({ kind: z.literal("subscribe"), user: text, channel: text }),
  z.object({ kind: z.literal("unsubscribe"), user: text, channel: text }),
  z.object({
    kind: z.literal("disconnect"),
    target: z.union([z.object({ user: text }), z.object({ connection: text })]),
    reconnect: z.boolean(),
  }),
  z.object({ kind: z.literal("revoke"), user: text, before: z.number() }),
]);

const order: z.ZodType<Order> = z.object({ id: text, from: text, command });

const connection: z.ZodType<ConnectionInfo> = z.object({
  connection: text,
  user: text,
  node: text,
  since: z.number(),
  state: z.enum(["online", "away"]),
  address: text,
  agent: text,
});

const report: z.ZodType<Report> = z.object({ id: text, from: text, connections: listOf(connection) });

/** @throws Error where the bytes are no order; whoever may publish in Redis may send anything */
export function parseOrder(message: Buffer): Order {
  return order.parse(readJson(message));
}

/** @throws Error where the bytes are no report */
export function parseReport(message: Buffer): Report {
  return report.parse(readJson(message));
}
