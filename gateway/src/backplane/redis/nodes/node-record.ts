import { z } from "zod";
import type { NodeInfo } from "../../ports.ts";
import { readJson } from "../peers/payload.ts";

/** What a node says of itself, beside its lease. */
export interface NodeRecord {
  /** Where it hears replies; a node keeps it for as long as it runs. */
  address: string;
  info: NodeInfo;
}

const text = z.string();
const count = z.number();

const info: z.ZodType<NodeInfo> = z.object({
  node: text,
  version: text,
  uptime: count,
  connections: count,
  subscriptions: count,
  draining: z.boolean(),
});

const form: z.ZodType<NodeRecord> = z.object({ address: text, info });

export function encodeNodeRecord(record: NodeRecord): string {
  return JSON.stringify(record);
}

/** @throws Error where the bytes are nothing that a node says; whoever may write to Redis may write anything */
export function decodeNodeRecord(bytes: Buffer): NodeRecord {
  return form.parse(readJson(bytes));
}

/** What is known of a node that has said nothing. */
export function silentNode(node: string): NodeInfo {
  return { node, version: "", uptime: 0, connections: 0, subscriptions: 0, draining: false };
}
