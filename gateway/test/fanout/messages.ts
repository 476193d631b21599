import type { RoomMessage } from "../../src/fanout/batch.ts";
import { decodeEvents } from "./frames.ts";

/** A message to the room whose data is the number of its position. */
export function numbered(offset: number, more: Partial<RoomMessage> = {}): RoomMessage {
  const channel = more.channel ?? "room";
  const packet = `42["message",${JSON.stringify({ channel, data: offset, position: `e:${offset}` })}]`;
  return { channel, packet, attachments: [], except: [], position: { epoch: "e", offset }, ...more };
}

/** What frames say: `1` for the message with that number, `position 1` for its notice, else the event. */
export function summary(frames: Buffer): string[] {
  return decodeEvents(frames).map(({ event, payload }) => {
    if (event === "message") return String(payload.data);
    return event === "position" ? `position ${String(payload.position).slice(2)}` : event;
  });
}
