import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface Script {
  text: string;
  /** The name under which Redis keeps it. */
  sha: string;
}

/** @param files in `lua/`, in the order in which they stand in the script */
function script(...files: string[]): Script {
  const text = files
    .map((file) => readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), "utf8"))
    .join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

export const scripts = {
  publish: script("channel", "publish"),
  read: script("channel", "read"),
  clear: script("channel", "clear"),
  present: script("presence", "present"),
  presencePage: script("presence", "presence-page"),
  presenceSweep: script("presence", "presence-sweep"),
  lease: script("lease"),
  lapse: script("lapse"),
  revoke: script("revoke"),
  revoked: script("revoked"),
} as const;
