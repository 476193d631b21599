/*
 * The port between RedisPeers and the two wires: how messages to the other nodes are written and read. RedisPeers has
 * the one that fits and knows nothing of the formats, so that what it checks of a message it checks on both.
 */

import type { ClusterMessage, ClusterResponse } from "socket.io-adapter";
import type { PeerMessage } from "../../peers.ts";

/** A message of this node, and the pub/sub channel that it goes to. */
export interface PeerPublication {
  name: string;
  /** The hash tag in the name, or the name where it has none: it decides which shard of a Redis Cluster has it. */
  tag: string;
  bytes: Buffer;
}

/** @throws Error where the bytes are no message */
export type ReadPeerMessage = (bytes: Buffer) => PeerMessage;

/** Classic on one Redis, sharded on a Redis Cluster. */
export interface PeerWire {
  /** The pub/sub channel that the nodes, and nobody else, subscribe to. */
  readonly nodesChannel: string;
  /** The pub/sub channels that a node subscribes to, by name, with what reads them. @param uid of its adapter */
  readers(uid: string): Map<string, ReadPeerMessage>;
  /** Reads what came on the pub/sub channel of a room. */
  readonly readRoom: ReadPeerMessage;
  /** @throws Error where there is something in the message that cannot be written */
  write(message: ClusterMessage): PeerPublication;
  /** @throws Error as above */
  writeResponse(uid: string, response: ClusterResponse): PeerPublication;
}
