import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../support/ports.ts";

/** A way to a server on which everything can vanish without either end being told, as a dropped route does. */
export class Passage {
  readonly port: number;
  readonly #server: Server;
  #target: number;
  readonly #sockets = new Set<Socket>();
  /** Makes something else of what comes from the server. */
  rewrite: (bytes: Buffer) => Buffer = (bytes) => bytes;
  /** Sees what goes to the server before it goes there. @returns false where it must not */
  admit: (bytes: Buffer) => boolean = () => true;
  /** Of the connections that were there then. */
  #swallowed = new Set<Socket>();

  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    this.#server = createServer((client) => this.#join(client, connect(this.#target, "127.0.0.1")));
  }

  static async start(target: number, port?: number): Promise<Passage> {
    const passage = new Passage(port ?? (await freePort()), target);
    await new Promise<void>((resolve) => passage.#server.listen(passage.port, "127.0.0.1", resolve));
    return passage;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** From now on nothing comes through the connections that there are; new ones work. */
  swallow(): void {
    this.#swallowed = new Set(this.#sockets);
  }

  /** Takes nothing any more from the server's side, as a reader that is busy; it all waits there. */
  stall(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  /** Leads to another server from now on, as an address does behind which one replaces another. */
  lead(target: number): void {
    this.leadNew(target);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Leads new connections to another server; those that there are stay where they are. */
  leadNew(target: number): void {
    this.#target = target;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (bytes: Buffer) => {
        if (this.#swallowed.has(from)) return;
        if (from === server) to.write(this.rewrite(bytes));
        else if (this.admit(bytes)) to.write(bytes);
      });
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
