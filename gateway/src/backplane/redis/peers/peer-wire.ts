import type { ClusterMessage, ClusterResponse } from "socket.io-adapter";
import type { PeerMessage } from "../../peers.ts";

/** A message, and the pub/sub channel that it goes to. */
export interface Parcel {
  name: string;
  /** The hash tag in the name, or the name where it has none: it says which shard of a Redis Cluster has it. */
  tag: string;
  bytes: Buffer;
}

/** @throws Error where the bytes are no message */
export type ReadPeerMessage = (bytes: Buffer) => PeerMessage;

/** How messages to the other nodes are written. A node's pub/sub channels without a hash tag are their own. */
export interface PeerWire {
  /** The pub/sub channel that the nodes, and nobody else, subscribe to. */
  readonly roll: string;
  /** The pub/sub channels that a node hears, by name, with what reads them. @param uid of its adapter */
  heard(uid: string): Map<string, ReadPeerMessage>;
  /** Reads what came on the pub/sub channel of a room. */
  readonly readRoom: ReadPeerMessage;
  /** @throws Error where there is something in the message that cannot be written */
  write(message: ClusterMessage): Parcel;
  /** @throws Error as above */
  writeResponse(uid: string, response: ClusterResponse): Parcel;
}
