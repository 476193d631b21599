import { inlineBinary } from "../protocol/binary.ts";
import { binaryFrame, encodedTextFrame, packetFrames, textFrame } from "./frame.ts";

/**
 * How a connection is spoken to: in Socket.IO's packets; in JSON arrays, `["message", {…}]`; or in the data of messages
 * alone, a text or a binary frame each.
 */
export type Dialect = "socketio" | "json" | "text";

export const dialects: readonly Dialect[] = ["socketio", "json", "text"];

/** A packet of an event as the publisher's node has written it: see `protocol/packet.ts`. */
type Packet = string | Uint8Array;

/** What each dialect makes of a packet; none where it has no words for it. */
const encoders: Record<Dialect, (packet: Packet, attachments: readonly Uint8Array[]) => Buffer> = {
  socketio: packetFrames,
  json: jsonFrame,
  text: textOf,
};

/** @returns WebSocket frames, which may be none: their length is 0 then */
export function framesOf(dialect: Dialect, packet: Packet, attachments: readonly Uint8Array[]): Buffer {
  return encoders[dialect](packet, attachments);
}

const none = Buffer.alloc(0);
const opening = "[".charCodeAt(0);
const quote = '"'.charCodeAt(0);

/** The array stands in the packet after its type; only binary values have to be written anew. */
function jsonFrame(packet: Packet, attachments: readonly Uint8Array[]): Buffer {
  if (typeof packet !== "string" && attachments.length === 0) {
    const array = packet.subarray(packet.indexOf(opening));
    if (array[1] === quote) return encodedTextFrame(array);
  }
  return textFrame(inlineBinary(named(arrayOf(packet)), attachments));
}

/** An emitter's event may have a number for its name; as one, it would be taken for an answer. */
function named(array: string): string {
  return array.startsWith('["') ? array : array.replace(/^\[([^,\]]+)/, '["$1"');
}

function textOf(packet: Packet, attachments: readonly Uint8Array[]): Buffer {
  const [event, payload]: [string, unknown] = JSON.parse(arrayOf(packet));
  if (event !== "message" || typeof payload !== "object" || payload === null) return none;
  return "data" in payload ? dataFrame(payload.data, attachments) : none;
}

/**
 * A message in text: one that is a text as it is, one that is a binary value as it is, everything else as JSON.
 *
 * @param data with placeholders for its binary values
 */
export function dataFrame(data: unknown, attachments: readonly Uint8Array[]): Buffer {
  if (typeof data === "string") return textFrame(data);
  const whole = attachments[placeOf(data)];
  return whole ? binaryFrame(whole) : textFrame(inlineBinary(JSON.stringify(data), attachments));
}

function arrayOf(packet: Packet): string {
  const text = typeof packet === "string" ? packet : Buffer.from(packet).toString();
  return text.slice(text.indexOf("["));
}

/** Which attachment a value stands for; -1 where it is no placeholder. */
function placeOf(value: unknown): number {
  if (typeof value !== "object" || value === null || !("_placeholder" in value && "num" in value)) return -1;
  return value._placeholder === true && typeof value.num === "number" ? value.num : -1;
}
