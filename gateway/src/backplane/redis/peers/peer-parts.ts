/*
 * What messages between Socket.IO's adapters consist of, as far as any node relies on it. Both wires read with these
 * forms. What they let through reaches clients and Socket.IO's server as it is, so they refuse what would end a
 * connection or a node.
 */

import { PacketType } from "socket.io-parser";
import { z } from "zod";
import { countBinary, maxAttachments } from "../../../protocol/binary.ts";
import { shapeOf } from "../../../protocol/json.ts";

/** The only namespace there is. */
export const namespace = "/";

/** Levels of nesting; the most that the settings allow a client. */
const maxDepth = 128;

export const text = z.string();

/** Stops at the first wrong item: zod would describe what is wrong with each of a million. */
export function listOf<Item>(item: z.ZodType<Item>) {
  return z.custom<unknown[]>(Array.isArray).transform((items, context) => {
    const read: Item[] = [];
    for (const one of items) {
      const { success, data } = item.safeParse(one);
      if (!success) {
        context.addIssue({ code: "custom", message: "an item has another form" });
        return z.NEVER;
      }
      read.push(data);
    }
    return read;
  });
}

/** Socket.IO takes numbers for rooms too; those of clients are text. */
export const rooms = listOf(z.union([text, z.number()])).transform((names) => names.map(String));

/** Which sockets are meant. An empty list of rooms is all sockets, so a list that is missing is not taken for one. */
export const selection = z.object({
  rooms,
  except: rooms.default([]),
  flags: z.object({ volatile: z.boolean().default(false) }).default({ volatile: false }),
});

/** Who is sent an event: an emitter in Go leaves the list out where that is all. */
export const audience = selection.extend({ rooms: rooms.default([]) });

/** A client that receives an event of one of these names ends its connection, as at a breach of the protocol. */
const reservedNames = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

// JSON makes null of what is no finite number, and null is no name of an event; z.number takes finite ones only.
const eventName = z.union([text.refine((name) => !reservedNames.has(name)), z.number()]);

function isSendable(data: unknown[]): boolean {
  const shape = shapeOf(data, maxDepth);
  return shape === "plain" || (shape === "mixed" && countBinary(data) <= maxAttachments);
}

/** An event that sockets are to be sent; nothing in it makes a client end its connection. */
export const eventPacket = z
  .object({
    // Older emitters mark binary data by the type; the encoder here finds it by itself.
    type: z.literal([PacketType.EVENT, PacketType.BINARY_EVENT]),
    nsp: z.literal(namespace).default(namespace),
    data: z.tuple([eventName], z.unknown()).refine(isSendable),
  })
  .transform(({ data }) => ({ type: PacketType.EVENT, data }));

/** Socket.IO's server takes some for its own events, and throws at an `error` that nobody listens to. */
const serverNames = new Set(["connect", "connection", "new_namespace", "error"]);

/** An event between servers with its arguments. */
export const serverEvent = z.tuple([text.refine((name) => !serverNames.has(name))], z.unknown());

/** Sockets of another node, as `fetchSockets` returns them. */
export const remoteSockets = listOf(z.looseObject({ id: text, handshake: z.looseObject({}), rooms }));

export const clientCount = z.int().nonnegative();
