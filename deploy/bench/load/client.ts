import { connect, type Socket } from "node:net";
import { isEnginePing, socketIoPath } from "./dialect.ts";

/** Takes a text frame: the bytes of `chunk` from `start` to `end`, valid during the call only. */
export type FrameSink = (chunk: Buffer, start: number, end: number) => void;

/** The first byte of a WebSocket's close frame, and an empty one as a client sends it. */
const close = 0x88;
const closeFrame = Buffer.of(close, 0x80, 0, 0, 0, 0);
/** The type of a WebSocket's ping; the one of its pong is the next, and there is none above. */
const ping = 9;
const headerEnd = Buffer.from("\r\n\r\n");

/**
 * A client of raw frames, so that it costs less than what it measures: it looks at a frame's header, answers the pings
 * of Engine.IO, and hands on every other text and binary frame.
 */
export class RawClient {
  onMessage: FrameSink = () => {};
  onClose: () => void = () => {};
  readonly #socket: Socket;
  #rest: Buffer | undefined;
  #upgraded: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.onClose());
  }

  /** @returns once the WebSocket is open */
  static open(port: number, path = socketIoPath, headers: Record<string, string> = {}): Promise<RawClient> {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      const client = new RawClient(socket);
      client.onClose = () => reject(new Error("The server closed the connection before it answered."));
      client.#upgraded = () => {
        socket.removeListener("error", reject);
        client.onClose = () => {};
        resolve(client);
      };
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more.join("")}\r\n`,
      );
    });
  }

  /** Sends a text frame. Its mask is zero, which is a mask like any other. */
  send(text: string): void {
    this.#socket.write(maskedFrame(text));
  }

  /** Sends several text frames in one write. */
  sendAll(texts: readonly string[]): void {
    this.#socket.write(Buffer.concat(texts.map(maskedFrame)));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(incoming: Buffer): void {
    let chunk = this.#rest ? Buffer.concat([this.#rest, incoming]) : incoming;
    this.#rest = undefined;
    if (this.#upgraded) {
      const end = chunk.indexOf(headerEnd);
      if (end === -1) {
        this.#rest = chunk;
        return;
      }
      if (!chunk.subarray(0, 12).toString().startsWith("HTTP/1.1 101")) {
        const [status = ""] = chunk.subarray(0, end).toString().split("\r\n");
        this.#socket.destroy(new Error(`${status} ${chunk.subarray(end + headerEnd.length)}`));
        return;
      }
      this.#upgraded();
      this.#upgraded = undefined;
      chunk = chunk.subarray(end + headerEnd.length);
    }
    this.#split(chunk);
  }

  #split(chunk: Buffer): void {
    let at = 0;
    while (at + 2 <= chunk.length) {
      const short = chunk[at + 1] ?? 0;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + header > chunk.length) break;
      const length =
        short < 126 ? short : short === 126 ? chunk.readUInt16BE(at + 2) : chunk.readUInt32BE(at + 6);
      const start = at + header;
      if (start + length > chunk.length) break;
      if (chunk[at] === close) {
        this.#socket.end(closeFrame);
        return;
      }
      const opcode = (chunk[at] ?? 0) & 0x0f;
      at = start + length;
      if (opcode === ping) this.#socket.write(pongFrame(chunk.subarray(start, at)));
      if (opcode >= ping) continue;
      if (isEnginePing(chunk, start, at)) this.send("3");
      else this.onMessage(chunk, start, at);
    }
    if (at < chunk.length) this.#rest = Buffer.from(chunk.subarray(at));
  }
}

/** @param data of the ping: at most 125 bytes */
function pongFrame(data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x80 | (ping + 1), 0x80 | data.length, 0, 0, 0, 0), data]);
}

function maskedFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const size = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.alloc(size + length);
  frame[0] = 0x81;
  if (length < 126) frame[1] = 0x80 | length;
  else if (length < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, size);
  return frame;
}
