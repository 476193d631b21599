/** WebSocket frames from the server: unmasked, unfragmented, uncompressed (RFC 6455, section 5.2). */

const textOpcode = 0x81;
const binaryOpcode = 0x82;

export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerSize(length) + length);
  frame.write(text, writeHeader(frame, textOpcode, length), "utf8");
  return frame;
}

/** @param bytes UTF-8 text */
export function encodedTextFrame(bytes: Uint8Array): Buffer {
  return frameOf(textOpcode, bytes);
}

export function binaryFrame(bytes: Uint8Array): Buffer {
  return frameOf(binaryOpcode, bytes);
}

/** @param opcode 8 close, 9 ping, 10 pong @param bytes at most 125 */
export function controlFrame(opcode: number, bytes: Uint8Array): Buffer {
  return frameOf(0x80 | opcode, bytes);
}

function frameOf(opcode: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerSize(bytes.byteLength) + bytes.byteLength);
  frame.set(bytes, writeHeader(frame, opcode, bytes.byteLength));
  return frame;
}

function headerSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** @returns where the payload begins */
function writeHeader(frame: Buffer, opcode: number, length: number): number {
  frame[0] = opcode;
  if (length < 126) {
    frame[1] = length;
    return 2;
  }
  if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
    return 4;
  }
  frame[1] = 127;
  frame.writeUInt32BE(Math.floor(length / 0x1_0000_0000), 2);
  frame.writeUInt32BE(length >>> 0, 6);
  return 10;
}

/** A packet with its attachments after it, as they must stay: nothing may come between them. */
export function packetFrames(packet: string | Uint8Array, attachments: readonly Uint8Array[]): Buffer {
  const text = typeof packet === "string" ? textFrame(packet) : encodedTextFrame(packet);
  return attachments.length === 0 ? text : Buffer.concat([text, ...attachments.map(binaryFrame)]);
}

/** The same frames for a peer that reads text only: each binary message as `b` and its base64 (Engine.IO 4). */
export function withoutBinary(frames: Buffer): Buffer {
  const texts: Buffer[] = [];
  let sent = 0;
  for (let start = 0; start < frames.length; ) {
    const payload = start + headerSizeAt(frames, start);
    const end = payload + lengthAt(frames, start);
    if (frames[start] === binaryOpcode) {
      texts.push(frames.subarray(sent, start), textFrame(`b${frames.toString("base64", payload, end)}`));
      sent = end;
    }
    start = end;
  }
  return sent === 0 ? frames : Buffer.concat([...texts, frames.subarray(sent)]);
}

function headerSizeAt(frames: Buffer, start: number): number {
  const length = frames[start + 1] ?? 0;
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

function lengthAt(frames: Buffer, start: number): number {
  const length = frames[start + 1] ?? 0;
  if (length < 126) return length;
  if (length === 126) return frames.readUInt16BE(start + 2);
  return frames.readUInt32BE(start + 2) * 0x1_0000_0000 + frames.readUInt32BE(start + 6);
}
