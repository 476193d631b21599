import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** A network that a test can cut: it carries TCP connections to where `route` says. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that clients have made, refused ones included. */
  accepted = 0;
  /** While false every connection is reset. */
  up = true;

  /** @param route the port on this machine, asked anew for each connection */
  static async start(route: () => number | Promise<number>): Promise<TcpProxy> {
    const proxy = new TcpProxy(route);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  private constructor(route: () => number | Promise<number>) {
    this.#server = createServer((client) => {
      this.accepted += 1;
      this.#keep(client);
      if (this.up) void this.#carry(client, route);
      else client.resetAndDestroy();
    });
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Takes the network away: what is open is reset, and nothing new gets through. */
  cut(): void {
    this.up = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  restore(): void {
    this.up = true;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #carry(client: Socket, route: () => number | Promise<number>): Promise<void> {
    const server = dial(await route(), "127.0.0.1");
    this.#keep(server);
    client.pipe(server).pipe(client);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A reset is what this network is for; each side sees the close.
    socket.on("error", () => {});
  }
}
