import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface Script {
  text: string;
  /** The name under which Redis keeps it. */
  sha: string;
}

/** @param files the Lua files beside their callers, in the order in which they stand in the script */
function script(...files: string[]): Script {
  const text = files
    .map((file) => readFileSync(new URL(`./${file}.lua`, import.meta.url), "utf8"))
    .join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

export const scripts = {
  publish: script("history/channel", "history/publish"),
  read: script("history/channel", "history/read"),
  clear: script("history/channel", "history/clear"),
  present: script("presence/presence", "presence/present"),
  presencePage: script("presence/presence", "presence/presence-page"),
  presenceSweep: script("presence/presence", "presence/presence-sweep"),
  lease: script("nodes/lease"),
  lapse: script("nodes/lapse"),
  revoke: script("nodes/revoke"),
  revoked: script("nodes/revoked"),
} as const;
