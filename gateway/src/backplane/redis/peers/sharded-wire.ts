/*
 * The messages of Socket.IO's own cluster adapters, which RedisPeers has on a Redis Cluster: what goes to one room
 * comes on the room's sharded pub/sub channel. There it keeps its order beside the room's publications, which on a
 * channel of its own, on another server, it would lose.
 */

import { type ClusterMessage, type ClusterResponse, MessageType } from "socket.io-adapter";
import { z } from "zod";
import type { Keys } from "../keys.ts";
import { readPayload, writeBinary, writeJson } from "./payload.ts";
import {
  audience,
  clientCount,
  eventPacket,
  namespace,
  selection as opts,
  remoteSockets,
  rooms,
  serverEvent,
  text,
} from "./peer-parts.ts";
import type { PeerPublication, PeerWire, ReadPeerMessage } from "./peer-wire.ts";

const requestId = text;
const sender = { uid: text, nsp: z.literal(namespace) };

function form<Type extends MessageType, Data extends z.ZodRawShape>(type: Type, data: Data) {
  return z.object({ ...sender, type: z.literal(type), data: z.object(data) });
}

const messageForm = z.discriminatedUnion("type", [
  form(MessageType.BROADCAST, { packet: eventPacket, opts: audience, requestId: requestId.exactOptional() }),
  form(MessageType.SOCKETS_JOIN, { opts, rooms }),
  form(MessageType.SOCKETS_LEAVE, { opts, rooms }),
  form(MessageType.DISCONNECT_SOCKETS, { opts, close: z.boolean().default(false) }),
  form(MessageType.FETCH_SOCKETS, { opts, requestId }),
  form(MessageType.SERVER_SIDE_EMIT, { packet: serverEvent, requestId: requestId.exactOptional() }),
]);

const responseForm = z.discriminatedUnion("type", [
  form(MessageType.BROADCAST_CLIENT_COUNT, { requestId, clientCount }),
  form(MessageType.BROADCAST_ACK, { requestId, packet: z.unknown() }),
  form(MessageType.FETCH_SOCKETS_RESPONSE, { requestId, sockets: remoteSockets }),
  form(MessageType.SERVER_SIDE_EMIT_RESPONSE, { requestId, packet: z.unknown() }),
]);

/** Those that may hold binary data, which JSON cannot; the others are JSON, as stock adapters write them. */
const binaryTypes = new Set([
  MessageType.BROADCAST,
  MessageType.BROADCAST_ACK,
  MessageType.SERVER_SIDE_EMIT,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
]);

/** What is for one room goes to the room's channel where it has one, anything else to that of the nodes. */
export class ShardedWire implements PeerWire {
  readonly #keys: Keys;
  readonly nodesChannel: string;

  constructor(keys: Keys) {
    this.#keys = keys;
    this.nodesChannel = keys.peers();
  }

  readers(uid: string): Map<string, ReadPeerMessage> {
    return new Map([
      [this.nodesChannel, this.readRoom],
      [this.#responsesTo(uid), (bytes) => responseForm.parse(readPayload(bytes))],
    ]);
  }

  readonly readRoom: ReadPeerMessage = (bytes) => messageForm.parse(readPayload(bytes));

  write(message: ClusterMessage): PeerPublication {
    const bytes = encode(message);
    const room = this.#roomOf(message);
    if (room === undefined) return { name: this.nodesChannel, tag: this.nodesChannel, bytes };
    return { name: this.#keys.room(room), tag: room, bytes };
  }

  writeResponse(uid: string, response: ClusterResponse): PeerPublication {
    const name = this.#responsesTo(uid);
    return { name, tag: name, bytes: encode(response) };
  }

  /** The one room that the message is for, where it has a pub/sub channel. */
  #roomOf(message: ClusterMessage): string | undefined {
    // Who asks for acknowledgements awaits an answer of every node, also of those without a socket in the room.
    if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined) return undefined;
    const [room, ...others] = message.data.opts.rooms;
    return room !== undefined && others.length === 0 && this.#keys.hasPubSubChannel(room) ? room : undefined;
  }

  #responsesTo(uid: string): string {
    return `${this.nodesChannel}${uid}#`;
  }
}

function encode(message: ClusterMessage | ClusterResponse): Buffer {
  return binaryTypes.has(message.type) ? writeBinary(message) : writeJson(message);
}
