/** A WebSocket frame, taken apart. */
export interface Frame {
  opcode: number;
  payload: Buffer;
}

/** Takes unmasked, unfragmented frames apart; throws where the bytes are anything else. */
export function decodeFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes.readUInt8(at);
    if ((first & 0xf0) !== 0x80) throw new Error("not a whole, uncompressed frame");
    const { start, length } = lengthAt(bytes, at + 1);
    if (start + length > bytes.length) throw new Error("a frame is cut short");
    frames.push({ opcode: first & 0x0f, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}

function lengthAt(bytes: Buffer, at: number): { start: number; length: number } {
  const short = bytes.readUInt8(at);
  if (short === 126) return { start: at + 3, length: bytes.readUInt16BE(at + 1) };
  if (short === 127) return { start: at + 9, length: Number(bytes.readBigUInt64BE(at + 1)) };
  return { start: at + 1, length: short };
}

/** A Socket.IO event as it stands in frames. */
export interface FrameEvent {
  event: string;
  payload: Record<string, unknown>;
  attachments: Buffer[];
}

/** The Socket.IO events in frames; binary frames are the attachments of the event before them. */
export function decodeEvents(bytes: Buffer): FrameEvent[] {
  const events: FrameEvent[] = [];
  for (const { opcode, payload } of decodeFrames(bytes)) {
    if (opcode === 2) events.at(-1)?.attachments.push(payload);
    else events.push({ ...eventOf(payload.toString()), attachments: [] });
  }
  return events;
}

function eventOf(text: string): Pick<FrameEvent, "event" | "payload"> {
  const [event, payload] = JSON.parse(text.slice(text.indexOf("[")));
  return { event, payload };
}
