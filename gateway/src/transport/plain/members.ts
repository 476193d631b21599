import type { CoalescingAdapter } from "../../fanout/adapter.ts";

/** A connection as Socket.IO's adapter knows it. */
interface Member {
  readonly id: string;
}

/**
 * The clients that speak no Socket.IO, among the sockets of Socket.IO's namespace: so emitters, and Socket.IO servers
 * on the same Redis, reach them as they reach the others.
 */
export class Members {
  readonly #sockets: Map<string, unknown>;
  readonly #rooms: CoalescingAdapter;

  /** @param sockets of the namespace whose adapter `rooms` is */
  constructor(sockets: Map<string, unknown>, rooms: CoalescingAdapter) {
    this.#sockets = sockets;
    this.#rooms = rooms;
  }

  add(member: Member): void {
    this.#sockets.set(member.id, member);
    this.#rooms.addAll(member.id, new Set([member.id]));
  }

  remove({ id }: Member): void {
    if (!this.#sockets.has(id)) return;
    this.#rooms.delAll(id);
    this.#sockets.delete(id);
  }

  join({ id }: Member, rooms: readonly string[]): void {
    this.#rooms.addAll(id, new Set(rooms));
  }

  leave({ id }: Member, room: string): void {
    this.#rooms.del(id, room);
  }

  roomsOf({ id }: Member): Set<string> {
    return this.#rooms.socketRooms(id) ?? new Set();
  }
}
