/*
 * Owns the bytes of a publication on its pub/sub channel. The script `publish` puts them together from what
 * PublishQueue encodes here, topics decode them. Nodes of two versions share the form during an update: another form
 * takes another first byte, and is written once `understoodByAll` allows it, or older nodes would drop every message.
 */

import { parsePosition } from "../../../protocol/position.ts";
import type { Delivery } from "../../ports.ts";

/**
 * A byte that no message of a Socket.IO adapter begins with, then the position up to a line feed, the exceptions, the
 * attachments, and the packet as it goes to the sockets.
 */
export const publicationForm = 1;
const lineFeed = 10;

/** Byte strings one after another: their number, then each with its length before it, in 32 bits. */
export function encodeParts(parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + 4 + part.byteLength, 4);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt32BE(parts.length, 0);
  for (const part of parts) {
    at = bytes.writeUInt32BE(part.byteLength, at);
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** @throws RangeError where the bytes are not of this form */
export function decodeParts(bytes: Buffer, from = 0): { parts: Buffer[]; end: number } {
  const count = bytes.readUInt32BE(from);
  const parts: Buffer[] = [];
  let at = from + 4;
  for (let index = 0; index < count; index += 1) {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError("A part ends after the bytes.");
    parts.push(bytes.subarray(start, at));
  }
  return { parts, end: at };
}

export function isPublication(message: Buffer): boolean {
  return message[0] === publicationForm;
}

/** @throws RangeError where the bytes are no publication; whoever may publish in Redis may send anything */
export function decodePublication(channel: string, message: Buffer): Delivery {
  const end = message.indexOf(lineFeed);
  if (end === -1) throw new RangeError("A publication has no end of its position.");
  const except = decodeParts(message, end + 1);
  const attachments = decodeParts(message, except.end);
  const delivery = {
    channel,
    packet: message.subarray(attachments.end),
    attachments: attachments.parts,
    except: except.parts.map((part) => part.toString()),
  };
  // Without a position: the channel keeps no history.
  if (end === 1) return delivery;
  const position = parsePosition(message.toString("latin1", 1, end));
  if (!position) throw new RangeError("A publication has no valid position.");
  return { ...delivery, position };
}
