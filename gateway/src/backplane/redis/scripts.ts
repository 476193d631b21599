/*
 * Reads the Lua files once, at the start, and has the table of all scripts. Whoever runs one takes it from here, and
 * RedisConnection loads all of them at each new connection. A script that is missing in the table would be sent as text
 * with every call.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { randomText } from "../../random.ts";

/** A Lua script, called by its hash. */
export interface Script {
  text: string;
  /** The name under which Redis keeps it. */
  sha: string;
}

/** @param files the Lua files beside their callers, joined in this order: what one defines, those after it use */
function script(...files: string[]): Script {
  const text = files
    .map((file) => readFileSync(new URL(`./${file}.lua`, import.meta.url), "utf8"))
    .join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Begins the epoch of a channel that has none yet under this replication id; every script of a channel takes one. */
export function makeNonce(): string {
  return randomText(6, "hex");
}

/** What scripts of presence need where hooks are told. */
const told = ["history/channel", "tidings/tell", "presence/presence", "users/users", "presence/occupancy"];

export const scripts = {
  publish: script("history/channel", "history/publish"),
  publishTold: script("history/channel", "tidings/tell", "presence/presence", "history/publish"),
  read: script("history/channel", "history/read"),
  clear: script("history/channel", "history/clear"),
  present: script("history/channel", "presence/presence", "presence/present"),
  presentTold: script(...told, "presence/present"),
  presencePage: script("presence/presence", "presence/presence-page"),
  presenceSweep: script("history/channel", "presence/presence", "presence/presence-sweep"),
  presenceSweepTold: script(...told, "presence/presence-sweep"),
  take: script("history/channel", "tidings/tell", "tidings/take"),
  release: script("tidings/release"),
  waiting: script("history/channel", "tidings/waiting"),
  untag: script("tidings/untag"),
  lease: script("nodes/lease"),
  lapse: script("nodes/lapse"),
  revoke: script("revocations/revoke"),
  revoked: script("revocations/revoked"),
} as const;
