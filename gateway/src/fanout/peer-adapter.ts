/*
 * Socket.IO's operations that reach the sockets of other nodes: `io.to(room).emit`, `fetchSockets`,
 * `disconnectSockets`. Backends' emitters use them; the gateway's own messages do not come this way.
 */

import {
  Adapter,
  type BroadcastOptions,
  ClusterAdapter,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
} from "socket.io-adapter";
import type { Peers } from "../backplane/peers.ts";

export type Namespace = ConstructorParameters<typeof Adapter>[0];
export type Packet = Parameters<Adapter["broadcast"]>[0];

interface Selection {
  rooms: string[];
  except: string[];
  flags: NonNullable<BroadcastOptions["flags"]>;
}

const done = Promise.resolve();

/**
 * Socket.IO's operations on the sockets of all nodes. Stock adapters publish first: what is sent next arrives
 * before it, and where Redis does not answer nothing happens here either. This one acts on its own sockets
 * at once, whatever becomes of the message to the others.
 */
export abstract class PeerAdapter extends ClusterAdapter {
  protected readonly peers: Peers;

  constructor(namespace: Namespace, peers: Peers) {
    super(namespace);
    this.peers = peers;
    peers.attach(this.uid, (message) => this.onMessage(message as ClusterMessage));
  }

  /** Sends to sockets of this node. */
  protected abstract sendHere(packet: Packet, options: BroadcastOptions): void;
  /** Ends connections of this node. */
  protected abstract disconnectHere(options: BroadcastOptions, close: boolean): void;
  /** Called before Socket.IO sends to sockets of this node by itself. */
  protected abstract settle(options: BroadcastOptions): void;

  override broadcast(packet: Packet, options: BroadcastOptions): Promise<void> {
    this.sendHere(packet, options);
    if (isShared(options)) {
      this.publish({ type: MessageType.BROADCAST, data: { packet, opts: selectionOf(options) } });
    }
    return done;
  }

  override broadcastWithAck(...args: Parameters<Adapter["broadcastWithAck"]>): void {
    this.settle(args[1]);
    super.broadcastWithAck(...args);
  }

  override addSockets(options: BroadcastOptions, rooms: string[]): Promise<void> {
    Adapter.prototype.addSockets.call(this, options, rooms);
    if (isShared(options)) {
      this.publish({ type: MessageType.SOCKETS_JOIN, data: { opts: selectionOf(options), rooms } });
    }
    return done;
  }

  override delSockets(options: BroadcastOptions, rooms: string[]): Promise<void> {
    Adapter.prototype.delSockets.call(this, options, rooms);
    if (isShared(options)) {
      this.publish({ type: MessageType.SOCKETS_LEAVE, data: { opts: selectionOf(options), rooms } });
    }
    return done;
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): Promise<void> {
    this.disconnectHere(options, close);
    if (isShared(options)) {
      this.publish({ type: MessageType.DISCONNECT_SOCKETS, data: { opts: selectionOf(options), close } });
    }
    return done;
  }

  /** The rooms of all nodes. It asks each for all of its sockets: nothing for a hot path. */
  async allRooms(): Promise<Set<string>> {
    const everybody = { rooms: new Set<string>(), except: new Set<string>(), flags: {} };
    const sockets: { rooms: Iterable<string> }[] = await this.fetchSockets(everybody);
    return new Set(sockets.flatMap(({ rooms }) => [...rooms]));
  }

  override serverCount(): Promise<number> {
    return this.peers.count();
  }

  /** What is heard, also from this node itself. */
  protected override onMessage(message: ClusterMessage): void {
    if (message.uid === this.uid) return;
    if (message.type === MessageType.BROADCAST) {
      const { packet, opts, requestId } = message.data;
      if (requestId === undefined) {
        this.sendHere(packet, optionsOf(opts));
        return;
      }
      this.settle(optionsOf(opts));
    }
    if (message.type === MessageType.DISCONNECT_SOCKETS) {
      this.disconnectHere(optionsOf(message.data.opts), message.data.close ?? false);
      return;
    }
    super.onMessage(message);
  }

  protected override async doPublish(message: ClusterMessage): Promise<string> {
    await this.peers.publish(message);
    return "";
  }

  protected override async doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    await this.peers.respond(uid, response);
  }
}

function isShared({ flags }: BroadcastOptions): boolean {
  return !flags?.local;
}

function selectionOf({ rooms, except = new Set(), flags = {} }: BroadcastOptions): Selection {
  return { rooms: [...rooms], except: [...except], flags };
}

function optionsOf({ rooms, except, flags }: Selection): BroadcastOptions {
  return { rooms: new Set(rooms), except: new Set(except), flags };
}
