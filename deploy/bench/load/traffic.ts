import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { RedisProcess } from "../redis-process.ts";

const tick = 10;

/**
 * What other nodes publish in Redis, to rooms of their own: plain PUBLISH commands, on the names that both
 * Socket.IO's adapter and the gateway give to rooms.
 */
export class Traffic {
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  /** Messages so far. */
  sent = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.resume();
    socket.on("error", () => {});
  }

  static async open(redis: RedisProcess): Promise<Traffic> {
    const { hostname, port } = new URL(redis.url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new Traffic(socket);
  }

  /** @param rate messages a second of each of so many nodes */
  run(nodes: number, rate: number): void {
    clearInterval(this.#timer);
    if (nodes === 0) return;
    const commands = Array.from({ length: nodes * 10 }, (_, index) =>
      publishCommand(`chat:of-others-${index}`),
    );
    const started = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1_000) * rate * nodes);
      const batch = Array.from(
        { length: due - sent },
        (_, index) => commands[(sent + index) % commands.length],
      );
      this.#socket.write(batch.join(""));
      this.sent += batch.length;
      sent = due;
    }, tick);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}

function publishCommand(room: string): string {
  const parts = ["PUBLISH", `socket.io#/#${room}#`, "x".repeat(200)];
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join("")}`;
}
