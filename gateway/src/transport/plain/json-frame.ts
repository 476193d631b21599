import { textFrame } from "../../fanout/frame.ts";
import { extractBinary, inlineBinary } from "../../protocol/binary.ts";
import { Json, shapeOf } from "../../protocol/json.ts";

/** What a client says in one frame: `["subscribe", {…}, 1]`. */
export interface JsonRequest {
  event: string;
  payload: unknown;
  /** By which the answer is told from others; undefined where none is asked for. */
  id: number | undefined;
}

/** What is wrong with a frame. */
export interface JsonFault {
  /** Where one can be made out. */
  event: string | undefined;
  words: string;
}

/** @param first an event's name or the number of an answer, as JSON */
export function frameOf(first: string, payload: object): Buffer {
  const text =
    payload instanceof Json ? inlineBinary(payload.text, payload.attachments) : JSON.stringify(payload);
  return textFrame(`[${first},${text}]`);
}

/** @param maxDepth levels of nesting in a payload; binary values in a deeper one are left as they are */
export function readFrame(text: string, maxDepth: number): JsonRequest | JsonFault {
  const frame = parsed(text);
  if (!Array.isArray(frame)) return { event: undefined, words: "A frame is a JSON array." };
  const [event, payload, id] = frame;
  if (typeof event !== "string") return { event: undefined, words: "An array begins with the event's name." };
  if (frame.length < 2 || frame.length > 3) {
    return { event, words: "An array has an event, its payload and, for an answer, a number." };
  }
  if (frame.length === 3 && !isId(id)) {
    return { event, words: "The number that asks for an answer is a whole one from 0 to 2^53 - 1." };
  }
  // An object for a binary value takes a level, and the payload around the data another.
  const hasBinary = text.includes('"_binary"') && shapeOf(payload, maxDepth + 2) !== "deep";
  return { event, payload: hasBinary ? extractBinary(payload) : payload, id };
}

function isId(id: unknown): boolean {
  return Number.isSafeInteger(id) && Number(id) >= 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
