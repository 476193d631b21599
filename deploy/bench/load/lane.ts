import { connect, type Socket } from "node:net";
import type { ServerProcess } from "../server-process.ts";

const headEnd = "\r\n\r\n";

/** One connection to the server API that posts the same request again and again, at next to no cost. */
export class Lane {
  readonly #socket: Socket;
  readonly #request: Buffer;
  #answer = "";
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(server: ServerProcess, path: string, body: string) {
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${server.adminPort}`,
      `Authorization: Bearer ${server.apiKey}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.#request = Buffer.from(`${head.join("\r\n")}${headEnd}${body}`);
    this.#socket = connect({ port: server.adminPort, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#receive(text));
    this.#socket.on("error", (error) => this.#settle?.reject(error));
  }

  /** @throws Error for any status but 200 */
  post(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(this.#request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#answer += text;
    const end = this.#answer.indexOf(headEnd);
    if (end === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#answer.slice(0, end))?.[1]);
    if (this.#answer.length < end + headEnd.length + length) return;
    const answer = this.#answer;
    this.#answer = "";
    if (answer.startsWith("HTTP/1.1 200 ")) this.#settle?.resolve();
    else this.#settle?.reject(new Error(answer));
  }
}
