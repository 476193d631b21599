/*
 * The way from a delivery to the connections of a room: Socket.IO's adapter, which keeps the rooms, with a batch for
 * each room that got messages in this turn. The channels room calls `deliver`, `join` and `leave`; Socket.IO calls the
 * rest for emitters. Without the batches a message to 10,000 members would be 10,000 writes.
 */

import { Adapter, type BroadcastOptions } from "socket.io-adapter";
import type { Peers } from "../backplane/peers.ts";
import { publishedAt } from "../protocol/packet.ts";
import { Batch, type BatchEntry, batchEntry, FramedPacket, type RoomMessage } from "./batch.ts";
import { Conflation } from "./conflation.ts";
import { Outlet } from "./outlet.ts";
import { type Namespace, type Packet, PeerAdapter } from "./peer-adapter.ts";
import { RoomMap } from "./room-map.ts";
import type { Turn } from "./turn.ts";

export interface FanoutOptions {
  /** @param published when the first of the messages was published, in Unix milliseconds, where that is known */
  onDelivered(messages: number, copies: number, published: number | undefined): void;
  onConflated(messages: number): void;
  turn: Turn;
  peers: Peers;
}

/** What backends do to connections through Socket.IO, as far as the gateway has to know of it. */
export interface Connections {
  /** Ends the connection's subscription to the channel. @returns false where it has none */
  leave(connection: string, channel: string): boolean;
  /** @returns false where there is no such connection */
  end(connection: string): boolean;
}

/** Is told of the rooms on this node, those that sockets have of their own excepted. */
export interface RoomWatcher {
  /** The room has its first member. */
  opened(room: string): void;
  /** Its last member has left. */
  closed(room: string): void;
}

/** A socket, as far as it matters here. */
interface Receiver {
  readonly conn?: unknown;
  disconnect(close: boolean): unknown;
  notifyOutgoingListeners?(packet: Packet): void;
}

/**
 * Writes each socket once a turn. A message to a room is encoded once and appended to the room's batch;
 * when the event loop's turn ends, the batch is one buffer that every member is sent. The busier
 * the node, the larger the batches.
 *
 * Order within a room is the order of the calls: whoever joins or leaves, and whatever is sent on another
 * way, comes after the room's batch has left.
 */
export class CoalescingAdapter extends PeerAdapter {
  override readonly rooms: RoomMap;
  readonly #options: FanoutOptions;
  readonly #batches = new Map<string, Batch>();
  readonly #conflation: Conflation;
  /**
   * Sockets without a room of their own, which those of Socket.IO's server always have. An id that is added to another
   * room first is noted here, so that RoomMap does not answer for a room that nobody has joined.
   */
  readonly #homeless = new Set<string>();
  #connections: Connections | undefined;
  #scheduled = false;

  constructor(namespace: Namespace, options: FanoutOptions) {
    super(namespace, options.peers);
    this.rooms = new RoomMap((id) => namespace.sockets.has(id) && !this.#homeless.has(id));
    this.#options = options;
    this.#conflation = new Conflation({
      send: (room, entry) => this.#append(room, entry),
      onDropped: options.onConflated,
    });
    this.on("delete-room", (room: string) => this.#conflation.forget(room));
  }

  /** @param connections asked first where Socket.IO's operations take a socket out of a room, or end it */
  attend(connections: Connections): void {
    this.#connections = connections;
  }

  /** @param conflate milliseconds: at most one message in that time is sent, the newest */
  deliver(message: RoomMessage, conflate?: number): void {
    if (!this.rooms.has(message.channel)) return;
    const entry = batchEntry(message);
    if (conflate === undefined) this.#append(message.channel, entry, message.packet);
    else this.#conflation.offer(message.channel, entry, conflate);
  }

  /** Sends what the room's batch holds. */
  flush(room: string): void {
    const batch = this.#batches.get(room);
    if (!batch) return;
    this.#batches.delete(room);
    const members = this.rooms.get(room);
    if (!members) return;
    let copies = 0;
    for (const connection of members) {
      const outlet = this.#outletOf(connection);
      // It has closed, or is no socket of this node's engine.
      if (!outlet) continue;
      const { dialect } = outlet;
      const { frames, messages } = batch.excludes(connection)
        ? batch.forOne(connection, dialect)
        : batch.forAll(dialect);
      if (frames.length === 0) continue;
      outlet.append(frames);
      copies += messages;
    }
    this.#options.onDelivered(batch.size, copies, batch.published);
  }

  /** Joins a connection that has just been told where the room stands. */
  join(connection: string, room: string): void {
    this.#conflation.excludeFromHeld(room, connection);
    this.addAll(connection, new Set([room]));
  }

  leave(connection: string, room: string): void {
    if (this.rooms.get(room)?.has(connection)) this.#remove(connection, room);
  }

  watch(watcher: RoomWatcher): void {
    const unlessOwn = (tell: (room: string) => void) => (room: string) => {
      if (!this.sids.has(room)) tell(room);
    };
    this.on(
      "create-room",
      unlessOwn((room) => watcher.opened(room)),
    );
    this.on(
      "delete-room",
      unlessOwn((room) => watcher.closed(room)),
    );
  }

  override addAll(connection: string, rooms: Set<string>): void {
    for (const room of rooms) this.flush(room);
    if (rooms.delete(connection)) this.#addOwnRoom(connection);
    else if (!this.sids.has(connection)) this.#homeless.add(connection);
    for (const room of rooms) this.rooms.open(room);
    super.addAll(connection, rooms);
  }

  override delAll(connection: string): void {
    const isKnown = this.sids.has(connection) && !this.#homeless.delete(connection);
    if (isKnown) {
      this.emit("delete-room", connection);
      this.peers.unsubscribe(connection);
    }
    super.delAll(connection);
    if (isKnown && this.rooms.holds(connection)) this.#leaveOwnRoom(connection);
  }

  override socketRooms(connection: string): Set<string> | undefined {
    const rooms = this.sids.get(connection);
    if (!rooms || this.#homeless.has(connection)) return rooms;
    return new Set([connection, ...rooms]);
  }

  override del(connection: string, room: string): void {
    if (!this.#connections?.leave(connection, room)) this.#remove(connection, room);
  }

  override close(): void {
    this.#conflation.stop();
    super.close();
  }

  /** The room that every socket has of its own is not stored; see RoomMap. */
  #addOwnRoom(connection: string): void {
    const isHomeless = this.#homeless.delete(connection);
    if (this.sids.has(connection) && !isHomeless) return;
    if (!isHomeless) this.sids.set(connection, new Set());
    this.emit("create-room", connection);
    this.emit("join-room", connection, connection);
    this.peers.subscribe(connection);
  }

  /** To those who are still in it, a room like any other. */
  #leaveOwnRoom(connection: string): void {
    const others = this.rooms.get(connection);
    others?.delete(connection);
    if (others?.size) this.emit("create-room", connection);
    else this.rooms.delete(connection);
  }

  #remove(connection: string, room: string): void {
    this.flush(room);
    super.del(connection, room);
  }

  protected override settle({ rooms }: BroadcastOptions): void {
    for (const room of rooms.size > 0 ? rooms : [...this.#batches.keys()]) this.flush(room);
  }

  /**
   * Writes one frame for all. It does not wait in a batch: what goes to several rooms in turn, or to a
   * socket alone, has an order with what goes to others.
   */
  protected override sendHere(packet: Packet, options: BroadcastOptions): void {
    this.settle(options);
    const connections = this.#selected(options);
    const [first] = connections;
    if (first === undefined) return;
    if (options.flags?.volatile || !this.#outletOf(first)) {
      Adapter.prototype.broadcast.call(this, packet, options);
      return;
    }
    const framed = this.#encode(packet);
    for (const connection of connections) {
      this.#receiver(connection)?.notifyOutgoingListeners?.(packet);
      const outlet = this.#outletOf(connection);
      const frames = outlet && framed.in(outlet.dialect);
      if (frames?.length) outlet?.append(frames);
    }
    this.#options.onDelivered(1, connections.size, undefined);
  }

  protected override disconnectHere(options: BroadcastOptions, close: boolean): void {
    this.settle(options);
    for (const connection of this.#selected(options)) {
      if (!this.#connections?.end(connection)) this.#receiver(connection)?.disconnect(close);
    }
  }

  /** The connections that are in one of the rooms, or all where none is named, but in none of the excepted ones. */
  #selected({ rooms, except }: BroadcastOptions): Set<string> {
    const selected = new Set(rooms.size > 0 ? this.#membersOf(rooms) : this.sids.keys());
    for (const connection of this.#membersOf(except ?? [])) selected.delete(connection);
    return selected;
  }

  *#membersOf(rooms: Iterable<string>): Generator<string> {
    for (const room of rooms) yield* this.rooms.get(room) ?? [];
  }

  /** Undefined where there is no socket, or another engine's, which has to be sent on Socket.IO's own path. */
  #outletOf(connection: string): Outlet | undefined {
    const conn = this.#receiver(connection)?.conn;
    return conn instanceof Outlet ? conn : undefined;
  }

  #receiver(connection: string): Receiver | undefined {
    return this.nsp.sockets.get(connection);
  }

  #encode(packet: Packet): FramedPacket {
    const { name, server } = this.nsp;
    const [text, ...attachments]: [string, ...Buffer[]] = server.encoder.encode({ ...packet, nsp: name });
    return new FramedPacket(`4${text}`, attachments);
  }

  /** @param packet of a message whose age at its delivery is measured: once a batch, since reading it takes time */
  #append(room: string, entry: BatchEntry, packet?: string | Uint8Array): void {
    let batch = this.#batches.get(room);
    if (!batch) {
      batch = new Batch(packet === undefined ? undefined : publishedAt(packet));
      this.#batches.set(room, batch);
    }
    batch.add(entry);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.turn.atEnd(() => this.#flushAll());
  }

  #flushAll(): void {
    this.#scheduled = false;
    for (const room of [...this.#batches.keys()]) this.flush(room);
  }
}
