import type { Server, Socket } from "node:net";
import { portOf } from "./http.ts";

/** The sockets that are open on a port, those that have said nothing yet and those of WebSockets included. */
export class OpenSockets {
  #count = 0;
  #server: Server | undefined;
  readonly #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** The port that the server listens on; 0 while it does not listen. */
  get port(): number {
    return this.#server ? portOf(this.#server) : 0;
  }

  /**
   * Counts the sockets of a server.
   *
   * @param most open ones at which the server closes further ones as it takes them
   * @param onDropped told of each that it closes
   */
  watch(server: Server, most = Number.POSITIVE_INFINITY, onDropped = () => {}): void {
    this.#server = server;
    if (Number.isFinite(most)) server.maxConnections = most;
    server.on("drop", onDropped);
    server.on("connection", (socket: Socket) => {
      this.#count += 1;
      socket.on("close", this.#left);
    });
  }

  /** Resolves once none is open. */
  whenNone(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** One listener for all sockets. */
  readonly #left = (): void => {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  };
}
