/*
 * The Peers port on Redis: Socket.IO's own operations over pub/sub, for the adapter in the fanout room, and the
 * messages of emitters, which topics pass on. Whoever has the right to publish in Redis may send anything here, so each
 * message is read in full before the adapter gets it; one that threw there would end the process.
 */

import { type ClusterMessage, type ClusterResponse, MessageType } from "socket.io-adapter";
import type { ThrottledLog } from "../../../throttled-log.ts";
import type { PeerMessage, Peers } from "../../peers.ts";
import type { Keys } from "../keys.ts";
import type { PubSubHandler } from "../pubsub/pubsub.ts";
import type { Shards } from "../shards/shards.ts";
import { ClassicWire } from "./classic-wire.ts";
import type { PeerPublication, PeerWire } from "./peer-wire.ts";
import { ShardedWire } from "./sharded-wire.ts";

export interface RedisPeersOptions {
  shards: Shards;
  keys: Keys;
  throttledLog: ThrottledLog;
}

/** For the own room of one socket. There is one for each connection, so it has no closures. */
class SocketHandler implements PubSubHandler {
  readonly name: string;
  readonly tag: string;
  readonly #peers: RedisPeers;

  constructor(name: string, socket: string, peers: RedisPeers) {
    this.name = name;
    this.tag = socket;
    this.#peers = peers;
  }

  receive(message: Buffer): void {
    this.#peers.receiveOfRoom(this.tag, message);
  }
}

/** On one Redis the wire is the classic one, which emitters write; a Redis Cluster has it sharded. */
export class RedisPeers implements Peers {
  readonly #options: RedisPeersOptions;
  readonly #wire: PeerWire;
  #sink: (message: PeerMessage) => void = () => {};
  #lastCount = 1;

  constructor(options: RedisPeersOptions) {
    this.#options = options;
    const { keys } = options;
    this.#wire = keys.sharded ? new ShardedWire(keys) : new ClassicWire(keys);
  }

  attach(uid: string, sink: (message: PeerMessage) => void): void {
    this.#sink = sink;
    for (const [name, read] of this.#wire.readers(uid)) {
      const receive = (bytes: Buffer) => this.#receive(() => read(bytes));
      this.#options.shards.of(name).pubsub.want({ name, tag: name, receive });
    }
  }

  /** Takes what came on a room's pub/sub channel, and is no publication. */
  receiveOfRoom(room: string, bytes: Buffer): void {
    this.#receive(() => {
      const message = this.#wire.readRoom(bytes);
      // A message that names no room is for all sockets. Taken from a room's channel it would reach them on this node only.
      if (message.type === MessageType.BROADCAST && message.data.opts.rooms.includes(room)) return message;
      throw new RangeError("On a room's pub/sub channel there is a message that is not for the room.");
    });
  }

  async publish(message: ClusterMessage): Promise<void> {
    await this.#send(this.#wire.write(message));
  }

  async respond(uid: string, response: ClusterResponse): Promise<void> {
    await this.#send(this.#wire.writeResponse(uid, response));
  }

  async count(): Promise<number> {
    const { nodesChannel } = this.#wire;
    const { keys, shards } = this.#options;
    const question = keys.sharded ? "SHARDNUMSUB" : "NUMSUB";
    try {
      const reply = await shards
        .of(nodesChannel)
        .redis.call((client) => client.call("PUBSUB", question, nodesChannel));
      this.#lastCount = Math.max(1, Number(Array.isArray(reply) ? reply[1] : 0));
    } catch {
      // The connection has logged it. Whoever asks waits for the nodes that were there the last time.
    }
    return this.#lastCount;
  }

  subscribe(socket: string): void {
    const { keys, shards } = this.#options;
    if (keys.hasPubSubChannel(socket))
      shards.home.pubsub.want(new SocketHandler(keys.room(socket), socket, this));
  }

  unsubscribe(socket: string): void {
    const { keys, shards } = this.#options;
    if (keys.hasPubSubChannel(socket)) shards.home.pubsub.remove(keys.room(socket));
  }

  async #send({ name, tag, bytes }: PeerPublication): Promise<void> {
    const { keys, shards } = this.#options;
    await shards.of(tag).redis.call((client) => client.call(keys.publish, name, bytes));
  }

  /** Whatever is sent, by whomever, costs no more than a log line: an exception here would end the process. */
  #receive(read: () => PeerMessage): void {
    try {
      this.#sink(read());
    } catch (error) {
      this.#options.throttledLog.malformed("adapter_message_malformed", error);
    }
  }
}
