import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { RedisProcess } from "../redis-process.ts";

/** Connections that hear a room in Redis, as other nodes would, and look at nothing. */
export class Ears {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  static async open(redis: RedisProcess, room: string, count: number): Promise<Ears> {
    const { hostname, port } = new URL(redis.url);
    const listen = async (): Promise<Socket> => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(`SUBSCRIBE socket.io#/#${room}#\r\n`);
      await once(socket, "data");
      return socket.resume();
    };
    const sockets = await Promise.all(Array.from({ length: count }, listen));
    return new Ears(sockets);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
