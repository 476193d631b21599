import type { ClusterMessage, ClusterResponse } from "socket.io-adapter";

/** What the Socket.IO adapters of the nodes tell each other, and what emitters tell them. */
export type PeerMessage = ClusterMessage | ClusterResponse;

/**
 * The other nodes as Socket.IO's own operations reach them: broadcasts, fetchSockets, socketsJoin,
 * serverSideEmit and the like. Publications of channels go another way, through the Broker.
 */
export interface Peers {
  /**
   * @param uid of this node's adapter; responses to it come under that
   * @param sink takes what comes, also from this node itself. Messages have their form, whatever was
   * on the wire; what the sink throws is counted like a malformed one.
   */
  attach(uid: string, sink: (message: PeerMessage) => void): void;
  /** @throws Failure `unavailable` */
  publish(message: ClusterMessage): Promise<void>;
  /**
   * @param uid of the node that asked
   * @throws Failure `unavailable`
   */
  respond(uid: string, response: ClusterResponse): Promise<void>;
  /** Nodes that are there now, this one included; as many as the last time where that cannot be told. Never rejects. */
  count(): Promise<number>;
  /** Receives from now on what is sent to one socket of this node, by its id. */
  subscribe(socket: string): void;
  unsubscribe(socket: string): void;
}
