import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { vi } from "vitest";

export interface FrameOptions {
  /** 1 text, 2 binary, 0 a fragment that goes on, 8 close, 9 ping, 10 pong. */
  opcode?: number;
  fin?: boolean;
  /** The three reserved bits: 4 is RSV1, 2 RSV2, 1 RSV3. */
  rsv?: number;
  masked?: boolean;
  /** The length that the header claims, where it is not the payload's. */
  claimed?: number | bigint;
}

/** One WebSocket frame as a client sends it, correct in all that the options leave alone. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, rsv = 0, masked = true } = options;
  const bytes = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const length = lengthField(BigInt(options.claimed ?? bytes.length), masked);
  if (!masked) return Buffer.concat([Buffer.of(first), length, bytes]);
  const mask = randomBytes(4);
  const scrambled = bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.of(first), length, mask, scrambled]);
}

function lengthField(length: bigint, masked: boolean): Buffer {
  const flag = masked ? 0x80 : 0;
  if (length < 126n) return Buffer.of(flag | Number(length));
  if (length < 65_536n) {
    const field = Buffer.of(flag | 126, 0, 0);
    field.writeUInt16BE(Number(length), 1);
    return field;
  }
  const field = Buffer.alloc(9);
  field[0] = flag | 127;
  field.writeBigUInt64BE(length, 1);
  return field;
}

/** A close frame with a code, or with none. */
export function closeFrame(code?: number): Buffer {
  const payload = code === undefined ? Buffer.alloc(0) : Buffer.of(code >> 8, code & 0xff);
  return frame(payload, { opcode: 8 });
}

export interface ServerFrame {
  opcode: number;
  fin: boolean;
  payload: Buffer;
}

/** Takes the frames out of what a server sent. @returns those that are whole, and the bytes that are left */
function readFrames(bytes: Buffer): { frames: ServerFrame[]; rest: Buffer } {
  const frames: ServerFrame[] = [];
  let rest = bytes;
  for (;;) {
    const header = headerOf(rest);
    if (!header || rest.length < header.size + header.length) return { frames, rest };
    const [first = 0] = rest;
    const payload = rest.subarray(header.size, header.size + header.length);
    frames.push({ opcode: first & 0x0f, fin: first >= 0x80, payload });
    rest = rest.subarray(header.size + header.length);
  }
}

function headerOf(bytes: Buffer): { size: number; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const length = bytes.readUInt8(1);
  if (length >= 0x80) throw new Error("a server's frames are not masked");
  if (length < 126) return { size: 2, length };
  const size = length === 126 ? 4 : 10;
  if (bytes.length < size) return undefined;
  return { size, length: length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) };
}

export interface UpgradeOptions {
  path?: string;
  /** Over those of a correct upgrade. */
  headers?: Record<string, string>;
}

export const socketPath = "/socket.io/?EIO=4&transport=websocket";

/** The text of an upgrade request. */
export function upgradeRequest({ path = socketPath, headers = {} }: UpgradeOptions = {}): string {
  const all = {
    Host: "gateway",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** Opens a TCP connection. Errors of the peer end it and nothing else. */
export async function openTcp(port: number, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

/** Sends the text and returns all that comes back until the server closes the connection. */
export async function exchange(port: number, text: string | Buffer): Promise<string> {
  const socket = await openTcp(port);
  const answer = new Promise<string>((resolve) => {
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.once("close", () => resolve(received));
  });
  socket.write(text);
  return answer;
}

/** What a close without a close frame counts as. */
export const abnormal = 1006;
/** What a close frame without a code counts as. */
export const noCode = 1005;

/**
 * A WebSocket made of bytes, which can do what no library lets its user do. It answers a close frame and hangs
 * up; everything else is the test's.
 */
export class RawSocket {
  readonly tcp: Socket;
  readonly frames: ServerFrame[] = [];
  /** Texts received, in order. */
  readonly texts: string[] = [];
  /** The code with which the server closed, once the connection is gone. */
  readonly closed: Promise<number>;
  #code = abnormal;
  #rest: Buffer = Buffer.alloc(0);

  constructor(tcp: Socket, rest: Buffer) {
    this.tcp = tcp;
    this.closed = new Promise((resolve) => tcp.once("close", () => resolve(this.#code)));
    tcp.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#receive(rest);
  }

  /** @throws Error with the HTTP answer where the server does not upgrade */
  static async open(port: number, options: UpgradeOptions = {}): Promise<RawSocket> {
    const tcp = await openTcp(port);
    tcp.write(upgradeRequest(options));
    let received: Buffer = Buffer.alloc(0);
    for (;;) {
      received = Buffer.concat([received, await nextChunk(tcp)]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) continue;
      const head = received.subarray(0, end).toString();
      if (!head.startsWith("HTTP/1.1 101")) throw new Error(head);
      return new RawSocket(tcp, received.subarray(end + 4));
    }
  }

  /** Writes bytes as they are. */
  write(...frames: Buffer[]): void {
    this.tcp.write(Buffer.concat(frames));
  }

  /** Sends texts, a frame each, in one write. */
  send(...texts: string[]): void {
    this.write(...texts.map((text) => frame(text)));
  }

  /** Waits for a text that begins so. */
  next(prefix: string): Promise<string> {
    const find = () => this.texts.find((text) => text.startsWith(prefix));
    return vi.waitUntil(find, { timeout: 15_000, interval: 5 });
  }

  destroy(): void {
    this.tcp.destroy();
  }

  #receive(chunk: Buffer): void {
    const { frames, rest } = readFrames(Buffer.concat([this.#rest, chunk]));
    this.#rest = rest;
    for (const received of frames) {
      this.frames.push(received);
      if (received.opcode === 1) this.texts.push(received.payload.toString());
      if (received.opcode === 8) this.#hangUp(received.payload);
    }
  }

  #hangUp(payload: Buffer): void {
    this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : noCode;
    this.tcp.end(closeFrame());
  }
}

function nextChunk(tcp: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("the server hung up before it answered"));
    tcp.once("close", fail);
    tcp.once("data", (chunk: Buffer) => {
      tcp.removeListener("close", fail);
      resolve(chunk);
    });
  });
}
