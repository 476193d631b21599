import { connect, type Socket } from "node:net";

/** Milliseconds after which a socket that was closed comes again. */
const pause = 100;

/** Sockets of strangers that say nothing, and come again when they are sent away. */
export class Flood {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #ended = false;

  /** @param size how many there are at once, where all are let in */
  constructor(port: number, size: number) {
    this.#port = port;
    for (let index = 0; index < size; index += 1) this.#open();
  }

  /** Hangs up, all at once. */
  end(): void {
    this.#ended = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(): void {
    if (this.#ended) return;
    const socket = connect(this.#port, "127.0.0.1");
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
    socket.on("close", () => {
      this.#sockets.delete(socket);
      setTimeout(() => this.#open(), pause);
    });
  }
}
