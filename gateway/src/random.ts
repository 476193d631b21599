import { randomFillSync } from "node:crypto";

/** The system is asked for many bytes at a time: asking for a few costs more than the rest of an id. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** @returns text of so many unpredictable bytes (at most 4,096), none of which is used again */
export function randomText(bytes: number, encoding: "hex" | "base64url"): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString(encoding, used - bytes, used);
}
