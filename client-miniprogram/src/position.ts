/*
 * Compares positions, and says what the gateway would take as one. Subscription asks of each message whether it is the
 * next; a wrong answer would lose a message or show it twice.
 */

/** How a message relates to the last one: it is the next, it is old, or something is missing between the two. */
export type Step = "next" | "old" | "gap";

/**
 * @param last the subscription's position; undefined before its first one
 * @param values whether the channel keeps its newest value only; its offsets then have holes
 */
export function stepOf(last: string | undefined, position: string, values: boolean): Step {
  if (last === undefined) return "next";
  const from = split(last);
  const to = split(position);
  if (from.epoch !== to.epoch) return values ? "next" : "gap";
  if (to.offset <= from.offset) return "old";
  return values || to.offset === from.offset + 1 ? "next" : "gap";
}

function split(position: string): { epoch: string; offset: number } {
  const colon = position.lastIndexOf(":");
  return { epoch: position.slice(0, colon), offset: Number(position.slice(colon + 1)) };
}

/** What no name may have: the form of a socket's id, spaces, invisible characters, and those that turn the direction of text. */
const unfit = /^}|^[\w-]{20}$|[\s\u200b\u2060\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const control = /%([01]|7F|C2%[89])/;

/** Whether the gateway takes it as the name of a channel: 1 to 255 bytes. */
export function isChannelName(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || unfit.test(name)) return false;
  try {
    const encoded = encodeURIComponent(name);
    return encoded.replace(/%../g, "x").length <= 255 && !control.test(encoded);
  } catch {
    // Half a character.
    return false;
  }
}

/** Whether the gateway takes it as a position. */
export function isPosition(position: unknown): position is string {
  return typeof position === "string" && position.length <= 128;
}
