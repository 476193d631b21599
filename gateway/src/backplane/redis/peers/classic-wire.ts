/*
 * The wire of @socket.io/redis-adapter, which RedisPeers has on one Redis or behind Sentinels. It is not ours to
 * change: emitters in other languages write it, too, and stock Socket.IO servers on the same Redis read it.
 */

import { type ClusterMessage, type ClusterResponse, MessageType } from "socket.io-adapter";
import { z } from "zod";
import type { Keys } from "../keys.ts";
import { readRequest, requestOf } from "./classic-requests.ts";
import { readResponse, responseOf } from "./classic-responses.ts";
import { readPayload, writeBinary, writeJson } from "./payload.ts";
import { audience, eventPacket, namespace, text } from "./peer-parts.ts";
import type { PeerPublication, PeerWire, ReadPeerMessage } from "./peer-wire.ts";
import { readPythonMessage } from "./python-wire.ts";

/** What is to be sent to sockets, from the node or the emitter with this uid. */
const emission = z.tuple([text, eventPacket, audience]);

/**
 * What goes to one room comes on the room's pub/sub channel, anything else for sockets on that of all rooms, the rest as
 * requests.
 */
export class ClassicWire implements PeerWire {
  readonly #keys: Keys;
  readonly #all: string;
  readonly nodesChannel: string;
  readonly #responses: string;

  constructor(keys: Keys) {
    this.#keys = keys;
    this.#all = keys.peers();
    this.nodesChannel = keys.peers("-request");
    this.#responses = keys.peers("-response");
  }

  readers(uid: string): Map<string, ReadPeerMessage> {
    const response: ReadPeerMessage = (bytes) => readResponse(readPayload(bytes));
    return new Map([
      [this.#all, this.readRoom],
      [this.nodesChannel, (bytes) => readRequest(readPayload(bytes))],
      // Stock adapters respond to all nodes unless set otherwise, these nodes to the one that asked.
      [this.#responses, response],
      [this.#responsesTo(uid), response],
      ...(this.#keys.python === undefined ? [] : [[this.#keys.python, readPythonMessage] as const]),
    ]);
  }

  readonly readRoom: ReadPeerMessage = (bytes) => {
    const [uid, packet, opts] = emission.parse(readPayload(bytes));
    return { uid, nsp: namespace, type: MessageType.BROADCAST, data: { packet, opts } };
  };

  write(message: ClusterMessage): PeerPublication {
    if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined) {
      return publication(this.nodesChannel, writeJson(requestOf(message)));
    }
    const { packet, opts } = message.data;
    const [room] = opts.rooms;
    const name = room !== undefined && opts.rooms.length === 1 ? this.#keys.room(room) : this.#all;
    return publication(name, writeBinary([message.uid, packet, opts]));
  }

  writeResponse(uid: string, response: ClusterResponse): PeerPublication {
    const whole = responseOf(response);
    const binary = response.type === MessageType.BROADCAST_ACK;
    return publication(this.#responsesTo(uid), binary ? writeBinary(whole) : writeJson(whole));
  }

  #responsesTo(uid: string): string {
    return `${this.#responses}${uid}#`;
  }
}

function publication(name: string, bytes: Buffer): PeerPublication {
  return { name, tag: name, bytes };
}
