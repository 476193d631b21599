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

/** Whether a parsed JSON value nests deeper than `limit` levels; binary values count as leaves. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (limit === 0) return true;
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeperThan(child, limit - 1)) return true;
  }
  return false;
}
