/**
 * The members of each room by its name. Socket.IO puts every socket into a room of its own, named by its id; those
 * rooms are not stored but answered for, since they would be half of all rooms. Only one that another socket joins is.
 */
export class RoomMap extends Map<string, Set<string>> {
  readonly #isSocket: (id: string) => boolean;

  constructor(isSocket: (id: string) => boolean) {
    super();
    this.#isSocket = isSocket;
  }

  override get(room: string): Set<string> | undefined {
    return super.get(room) ?? (this.#isSocket(room) ? new Set([room]) : undefined);
  }

  /** Stores the room where it is a socket's own, so that it can have other members. */
  open(room: string): void {
    if (!super.has(room) && this.#isSocket(room)) this.set(room, new Set([room]));
  }

  /** Whether the room, a socket's own or not, is stored. */
  holds(room: string): boolean {
    return super.has(room);
  }

  override has(room: string): boolean {
    return super.has(room) || this.#isSocket(room);
  }
}
