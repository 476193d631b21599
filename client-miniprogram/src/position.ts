/** How a message stands to the last one: right behind it, had already, or with something missing between. */
export type Step = "next" | "old" | "gap";

/**
 * @param last where the subscription stands; undefined before its first position
 * @param values the channel keeps its newest value only, so that its offsets have holes
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

/** Whether the gateway takes it as the name of a channel, as far as its size goes; the rest it tells by itself. */
export function isChannelName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.length <= 255;
}

/** Whether the gateway takes it as a position. */
export function isPosition(position: unknown): position is string {
  return typeof position === "string" && position.length <= 128;
}
