import { Adapter, type BroadcastOptions } from "socket.io-adapter";
import { publishedAt } from "../protocol/packet.ts";
import { Batch, type BatchEntry, batchEntry, type RoomMessage } from "./batch.ts";
import { Conflation } from "./conflation.ts";
import type { Outlet } from "./outlet.ts";
import { RoomMap } from "./room-map.ts";
import type { Turn } from "./turn.ts";

export interface FanoutOptions {
  /** A connection's outlet, or undefined where Socket.IO's own path has to be used. */
  outletOf(connection: string): Outlet | undefined;
  /** @param published when the first of the messages was published, in Unix milliseconds, where that is known */
  onDelivered(messages: number, copies: number, published: number | undefined): void;
  onConflated(messages: number): void;
  turn: Turn;
}

type Namespace = ConstructorParameters<typeof Adapter>[0];
type Packet = Parameters<Adapter["broadcast"]>[0];

/**
 * Writes each socket once a turn. A message to a room is encoded once and appended to the room's batch;
 * when the event loop's turn ends, the batch is one buffer that every member is sent. The busier
 * the node, the larger the batches.
 *
 * Order within a room is the order of the calls: whoever joins or leaves, and whatever is sent on another
 * way, comes after the room's batch has left.
 */
export class CoalescingAdapter extends Adapter {
  readonly #options: FanoutOptions;
  readonly #batches = new Map<string, Batch>();
  readonly #conflation: Conflation;
  #scheduled = false;

  constructor(namespace: Namespace, options: FanoutOptions) {
    super(namespace);
    this.rooms = new RoomMap((id) => namespace.sockets.has(id));
    this.#options = options;
    this.#conflation = new Conflation({
      send: (room, entry) => this.#append(room, entry),
      onDropped: options.onConflated,
    });
    this.on("delete-room", (room: string) => this.#conflation.forget(room));
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
    const whole = { frames: batch.forAll(), messages: batch.size };
    let copies = 0;
    for (const connection of members) {
      const { frames, messages } = batch.excludes(connection) ? batch.forOne(connection) : whole;
      const outlet = this.#options.outletOf(connection);
      if (!outlet || frames.length === 0) continue;
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
    this.del(connection, room);
  }

  override addAll(connection: string, rooms: Set<string>): void {
    for (const room of rooms) this.flush(room);
    if (rooms.delete(connection)) this.#addOwnRoom(connection);
    super.addAll(connection, rooms);
  }

  override delAll(connection: string): void {
    if (this.sids.has(connection)) this.emit("delete-room", connection);
    super.delAll(connection);
  }

  override socketRooms(connection: string): Set<string> | undefined {
    const rooms = this.sids.get(connection);
    return rooms && new Set([connection, ...rooms]);
  }

  override del(connection: string, room: string): void {
    this.flush(room);
    super.del(connection, room);
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    this.#flushBefore(options);
    super.broadcast(packet, options);
  }

  override broadcastWithAck(...args: Parameters<Adapter["broadcastWithAck"]>): void {
    this.#flushBefore(args[1]);
    super.broadcastWithAck(...args);
  }

  override close(): void {
    this.#conflation.stop();
    super.close();
  }

  /** The room that every socket has of its own is not stored; see RoomMap. */
  #addOwnRoom(connection: string): void {
    if (this.sids.has(connection)) return;
    this.sids.set(connection, new Set());
    this.emit("create-room", connection);
    this.emit("join-room", connection, connection);
  }

  #flushBefore(options: BroadcastOptions): void {
    for (const room of options.rooms.size > 0 ? options.rooms : [...this.#batches.keys()]) this.flush(room);
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
