/*
 * Reads what python-socketio's `RedisManager` publishes, through which Flask and FastAPI backends emit. ClassicWire
 * has it read where the settings name its pub/sub channel. It has JSON of its own; nothing is ever written so.
 */

import { type ClusterMessage, MessageType } from "socket.io-adapter";
import { PacketType } from "socket.io-parser";
import { z } from "zod";
import { readPayload } from "./payload.ts";
import { eventPacket, listOf, namespace, text } from "./peer-parts.ts";

/** None, one or several. */
const names = z
  .union([z.null(), text, listOf(text)])
  .optional()
  .transform((given) => (typeof given === "string" ? [given] : (given ?? [])));

const inNamespace = { namespace: z.literal(namespace), host_id: text.default("python") };

const messageForm = z.discriminatedUnion("method", [
  z.object({
    ...inNamespace,
    method: z.literal("emit"),
    event: text,
    data: z.custom<unknown[]>(Array.isArray),
    binary: z.boolean().default(false),
    room: names,
    skip_sid: names,
  }),
  z.object({ ...inNamespace, method: z.literal("disconnect"), sid: text }),
  z.object({ ...inNamespace, method: z.literal("enter_room"), sid: text, room: text }),
  z.object({ ...inNamespace, method: z.literal("leave_room"), sid: text, room: text }),
  z.object({ ...inNamespace, method: z.literal("close_room"), room: text }),
]);

/** @throws Error where the bytes are no such message, or one that no client may be sent */
export function readPythonMessage(bytes: Buffer): ClusterMessage {
  const message = messageForm.parse(readPayload(bytes));
  const sender = { uid: message.host_id, nsp: namespace };
  switch (message.method) {
    case "emit": {
      const { event, data, binary, room: rooms, skip_sid: except } = message;
      const args = binary ? withBinary(data) : data;
      const packet = eventPacket.parse({ type: PacketType.EVENT, data: [event, ...args] });
      return { ...sender, type: MessageType.BROADCAST, data: { packet, opts: selectionOf(rooms, except) } };
    }
    case "disconnect": {
      const data = { opts: selectionOf([message.sid]), close: true };
      return { ...sender, type: MessageType.DISCONNECT_SOCKETS, data };
    }
    case "enter_room":
      return {
        ...sender,
        type: MessageType.SOCKETS_JOIN,
        data: { opts: selectionOf([message.sid]), rooms: [message.room] },
      };
    case "leave_room":
    case "close_room": {
      const whose = message.method === "close_room" ? message.room : message.sid;
      return {
        ...sender,
        type: MessageType.SOCKETS_LEAVE,
        data: { opts: selectionOf([whose]), rooms: [message.room] },
      };
    }
  }
}

function selectionOf(rooms: string[], except: string[] = []) {
  return { rooms, except, flags: { volatile: false } };
}

/** The arguments come first, with a placeholder for each binary value; those follow, as base64. */
function withBinary([args, ...encoded]: unknown[]): unknown[] {
  const values = listOf(text)
    .parse(encoded)
    .map((value) => Buffer.from(value, "base64"));
  return z.custom<unknown[]>(Array.isArray).parse(filled(args, values));
}

/** The depth of what is walked through was checked as it was parsed. */
function filled(value: unknown, values: readonly Buffer[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => filled(item, values));
  const { _placeholder: isPlace, num } = value as { _placeholder?: unknown; num?: unknown };
  if (isPlace !== true) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]));
  }
  const found = values[Number(num)];
  if (!found) throw new RangeError("A binary value is missing.");
  return found;
}
