import type { Server, Socket } from "node:net";

/** The sockets that are open on a port, those that have said nothing yet and those of WebSockets included. */
export class OpenSockets {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * Counts the sockets of a server.
   *
   * @param most open ones at which the server closes further ones as it takes them
   * @param onDropped told of each that it closes
   */
  watch(server: Server, most: number, onDropped: () => void): void {
    if (Number.isFinite(most)) server.maxConnections = most;
    server.on("drop", onDropped);
    server.on("connection", (socket: Socket) => {
      this.#count += 1;
      socket.on("close", this.#left);
    });
  }

  /** One listener for all sockets. */
  readonly #left = (): void => {
    this.#count -= 1;
  };
}
