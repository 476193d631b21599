/**
 * JSON that is already written, with the binary attachments its placeholders stand for. Replies that
 * carry history are made by joining the stored texts; nothing is parsed on the way out.
 */
export class Json {
  readonly text: string;
  readonly attachments: readonly Uint8Array[];

  constructor(text: string, attachments: readonly Uint8Array[] = []) {
    this.text = text;
    this.attachments = attachments;
  }
}

/** Bytes that a parsed JSON value takes in memory, roughly; an empty array takes ten times its text. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value)) return 96 + value.byteLength;
  let weight = 40;
  if (Array.isArray(value)) for (const child of value) weight += 8 + weightOf(child);
  else for (const [key, child] of Object.entries(value)) weight += 8 + weightOf(key) + weightOf(child);
  return weight;
}

/**
 * What a walk through a parsed value finds: JSON alone; or binary values as well, or objects with a member by which a
 * dialect marks one; or more levels than allowed.
 */
export type Shape = "plain" | "mixed" | "deep";

/**
 * The one walk through what a client or a backend sent. Whatever calls itself for each level comes after it.
 *
 * @param limit levels of nesting; binary values count as leaves
 */
export function shapeOf(value: unknown, limit: number): Shape {
  if (typeof value !== "object" || value === null) return "plain";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return "mixed";
  if (limit === 0) return "deep";
  return Array.isArray(value)
    ? shapeOfItems(value, limit)
    : shapeOfMembers(value as Record<string, unknown>, limit);
}

function shapeOfItems(items: readonly unknown[], limit: number): Shape {
  let shape: Shape = "plain";
  for (const item of items) {
    const found = shapeOf(item, limit - 1);
    if (found === "deep") return found;
    if (found === "mixed") shape = found;
  }
  return shape;
}

/** It makes no list of the members, which would be most of the work; what is parsed has none but its own. */
function shapeOfMembers(members: Record<string, unknown>, limit: number): Shape {
  let shape: Shape = "plain";
  for (const name in members) {
    const found = shapeOf(members[name], limit - 1);
    if (found === "deep") return found;
    if (found === "mixed" || name === "_placeholder" || name === "_binary") shape = "mixed";
  }
  return shape;
}
