/*
 * Translates requests between the classic wire and the messages of Socket.IO's cluster adapter, which our adapter
 * extends. ClassicWire calls it. The classic wire numbers them otherwise, puts the members elsewhere, and leaves out
 * what has a default; a request that is read wrongly would disconnect or move other sockets than were meant.
 */

import { type ClusterMessage, MessageType } from "socket.io-adapter";
import { z } from "zod";
import {
  audience,
  eventPacket,
  namespace,
  selection as opts,
  rooms,
  serverEvent,
  text,
} from "./peer-parts.ts";

/** The numbers of requests on the wire of Socket.IO's classic Redis adapter. */
const kinds = { join: 2, leave: 3, disconnect: 4, fetch: 5, serverSideEmit: 6, broadcast: 7 } as const;

/** Emitters give no uid, or this one. */
const uid = text.default("emitter");
const requestId = text;

const requestForm = z.discriminatedUnion("type", [
  z.object({ type: z.literal(kinds.join), uid, opts, rooms }),
  z.object({ type: z.literal(kinds.leave), uid, opts, rooms }),
  z.object({ type: z.literal(kinds.disconnect), uid, opts, close: z.boolean().default(false) }),
  z.object({ type: z.literal(kinds.fetch), uid, requestId, opts }),
  z.object({ type: z.literal(kinds.serverSideEmit), uid, requestId: text.optional(), data: serverEvent }),
  z.object({ type: z.literal(kinds.broadcast), uid, requestId, packet: eventPacket, opts: audience }),
]);

/** @throws ZodError where the payload is none */
export function readRequest(payload: unknown): ClusterMessage {
  const request = requestForm.parse(payload);
  const sender = { uid: request.uid, nsp: namespace };
  switch (request.type) {
    case kinds.join:
    case kinds.leave: {
      const { opts, rooms } = request;
      const type = request.type === kinds.join ? MessageType.SOCKETS_JOIN : MessageType.SOCKETS_LEAVE;
      return { ...sender, type, data: { opts, rooms } };
    }
    case kinds.disconnect: {
      const { opts, close } = request;
      return { ...sender, type: MessageType.DISCONNECT_SOCKETS, data: { opts, close } };
    }
    case kinds.fetch: {
      const { opts, requestId } = request;
      return { ...sender, type: MessageType.FETCH_SOCKETS, data: { opts, requestId } };
    }
    case kinds.serverSideEmit: {
      const { data: packet, requestId } = request;
      const data = requestId === undefined ? { packet } : { packet, requestId };
      return { ...sender, type: MessageType.SERVER_SIDE_EMIT, data };
    }
    case kinds.broadcast: {
      const { packet, opts, requestId } = request;
      return { ...sender, type: MessageType.BROADCAST, data: { packet, opts, requestId } };
    }
  }
}

/** @returns undefined for messages that this wire has no request for, such as heartbeats: leases count the nodes here */
export function requestOf(message: ClusterMessage): object | undefined {
  const { uid } = message;
  switch (message.type) {
    case MessageType.SOCKETS_JOIN:
      return { uid, type: kinds.join, ...message.data };
    case MessageType.SOCKETS_LEAVE:
      return { uid, type: kinds.leave, ...message.data };
    case MessageType.DISCONNECT_SOCKETS:
      return { uid, type: kinds.disconnect, ...message.data };
    case MessageType.FETCH_SOCKETS:
      return { uid, type: kinds.fetch, ...message.data };
    case MessageType.SERVER_SIDE_EMIT: {
      const { packet: data, requestId } = message.data;
      return { uid, type: kinds.serverSideEmit, requestId, data };
    }
    case MessageType.BROADCAST:
      return { uid, type: kinds.broadcast, ...message.data };
    default:
      return undefined;
  }
}
