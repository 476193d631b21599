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

/**
 * What a parsed value is made of: JSON alone; or binary values as well, or objects with a member by which a dialect marks
 * one; or more levels than allowed.
 */
export type Shape = "plain" | "mixed" | "deep";

/** What one walk through a parsed value finds. */
export interface Survey {
  shape: Shape;
  /** Bytes that it takes in memory, roughly; an empty array takes ten times its text. As far as the walk came. */
  weight: number;
}

/** Of the walk under way. */
let weight = 0;

/**
 * The one walk through what a client or a backend sent. Whatever calls itself for each level comes after it.
 *
 * @param limit levels of nesting; binary values count as leaves
 */
export function survey(value: unknown, limit: number): Survey {
  weight = 0;
  const shape = walk(value, limit);
  return { shape, weight };
}

/** @param limit levels of nesting; binary values count as leaves */
export function shapeOf(value: unknown, limit: number): Shape {
  return survey(value, limit).shape;
}

/** Bytes that a value takes in memory, roughly. */
export function weightOf(value: unknown): number {
  return survey(value, Number.POSITIVE_INFINITY).weight;
}

function walk(value: unknown, limit: number): Shape {
  if (typeof value === "string") weight += 24 + value.length;
  else weight += 8;
  if (typeof value !== "object" || value === null) return "plain";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    weight += 88 + value.byteLength;
    return "mixed";
  }
  if (limit === 0) return "deep";
  weight += 32;
  return Array.isArray(value)
    ? walkItems(value, limit)
    : walkMembers(value as Record<string, unknown>, limit);
}

function walkItems(items: readonly unknown[], limit: number): Shape {
  let shape: Shape = "plain";
  weight += 8 * items.length;
  for (const item of items) {
    const found = walk(item, limit - 1);
    if (found === "deep") return found;
    if (found === "mixed") shape = found;
  }
  return shape;
}

/** It makes no list of the members, which would be most of the work; what is parsed has none but its own. */
function walkMembers(members: Record<string, unknown>, limit: number): Shape {
  let shape: Shape = "plain";
  for (const name in members) {
    weight += 32 + name.length;
    const found = walk(members[name], limit - 1);
    if (found === "deep") return found;
    if (found === "mixed" || name === "_placeholder" || name === "_binary") shape = "mixed";
  }
  return shape;
}
