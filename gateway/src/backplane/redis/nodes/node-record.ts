/*
 * Owns what a node publishes about itself, beside its lease, the forms that it reads included. Leases writes and reads
 * it. Nodes of two versions share a Redis during an update: a record that one of them cannot read would make every
 * command call that node unreached.
 */

import { z } from "zod";
import { type NodeInfo, nodeInfo } from "../../info-schemas.ts";
import { readJson } from "../peers/payload.ts";
import { listOf } from "../peers/peer-parts.ts";
import { presenceForm } from "../presence/dues.ts";
import { publicationForm } from "../pubsub/wire.ts";
import { commandKinds } from "./command-wire.ts";

/** By format, the forms of it that a node reads: numbers for versions, texts for kinds. */
export type Understands = Readonly<Record<string, readonly (string | number)[]>>;

/** What it lacks has a meaning, and what is unknown in it is ignored. */
export interface NodeRecord {
  /** Where it receives replies; a node keeps it for as long as it runs. */
  address: string;
  info: NodeInfo;
  understands: Understands;
}

/**
 * What this version reads. A new form is added here by the version that begins to read it; whoever wants to write it asks
 * `Leases.allUnderstand` before, or a node of the version before would drop it.
 */
export const understands: Understands = {
  publication: [publicationForm],
  command: commandKinds,
  presence: [1, presenceForm],
};

/** What a node reads whose record does not say so. It is what 0.1.0 reads, so it never changes. */
const understoodByDefault: Understands = {
  publication: [1],
  command: ["connections", "subscribe", "unsubscribe", "disconnect", "revoke"],
};

const text = z.string();

// A later version may say this otherwise, which must not cost the rest of the record: without its address a node counts as
// unreached by every command. Forms that cannot be read are forms that it is not known to understand.
const forms = listOf(z.union([text, z.number()])).catch([]);

const understandsForm: z.ZodType<Understands> = z.record(text, forms);

const record: z.ZodType<NodeRecord> = z.object({
  address: text,
  info: nodeInfo,
  understands: understandsForm.catch(understoodByDefault),
});

export function encodeNodeRecord(of: Omit<NodeRecord, "understands">): string {
  return JSON.stringify({ ...of, understands });
}

/** @throws Error where the bytes are no record; whoever may write to Redis may write anything */
export function decodeNodeRecord(bytes: Buffer): NodeRecord {
  return record.parse(readJson(bytes));
}

/** What is known of a node without a record, by its name alone. */
export function unknownNode(node: string): NodeRecord {
  const nothing = { version: "", uptime: 0, connections: 0, subscriptions: 0, draining: false };
  return { address: "", info: { node, ...nothing }, understands: understoodByDefault };
}
