import { vi } from "vitest";
import WebSocket from "ws";

const patience = { timeout: 15_000, interval: 5 };

/** How a WebSocket ended. */
export interface Ending {
  code: number;
  reason: string;
}

interface OpenOptions {
  protocols?: string[];
  headers?: Record<string, string>;
}

/** A WebSocket and all that came over it. */
export class PlainClient {
  readonly socket: WebSocket;
  /** Texts as texts, binary frames as Buffers. */
  readonly frames: (string | Buffer)[] = [];
  readonly ended: Promise<Ending>;
  readonly #opened: Promise<void>;

  constructor(url: string, { protocols = [], headers = {} }: OpenOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, "ws"), protocols, { headers });
    this.socket.on("error", () => {});
    this.socket.on("message", (data: Buffer, isBinary) => {
      this.frames.push(isBinary ? data : data.toString());
    });
    this.#opened = new Promise((resolve) => this.socket.once("open", resolve));
    this.ended = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  async opened(): Promise<this> {
    await this.#opened;
    return this;
  }

  send(...frames: (string | Buffer)[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  /** Waits for so many frames, and returns all. */
  async received(count: number): Promise<(string | Buffer)[]> {
    await vi.waitUntil(() => this.frames.length >= count, patience);
    return this.frames;
  }

  close(): void {
    this.socket.terminate();
  }
}

/** A client that speaks JSON arrays. */
export class JsonClient extends PlainClient {
  #asked = 0;

  constructor(url: string, auth?: object, options?: OpenOptions) {
    super(`${url}/json`, options);
    if (auth) this.socket.once("open", () => this.say("connect", auth));
  }

  say(...frame: unknown[]): void {
    this.send(JSON.stringify(frame));
  }

  /** Sends a request and returns its answer. */
  async ask<Answer = Record<string, unknown>>(event: string, payload: object): Promise<Answer> {
    this.#asked += 1;
    const id = this.#asked;
    this.say(event, payload, id);
    return (await this.#next((frame) => frame[0] === id))[1] as Answer;
  }

  /** The payloads of an event so far. */
  of(event: string): Record<string, unknown>[] {
    return this.#parsed()
      .filter(([name]) => name === event)
      .map(([, payload]) => payload as Record<string, unknown>);
  }

  /** Waits for an event, and returns its payload. */
  async next(event: string, count = 1): Promise<Record<string, unknown>> {
    await vi.waitUntil(() => this.of(event).length >= count, patience);
    return this.of(event)[count - 1] ?? {};
  }

  #parsed(): unknown[][] {
    return this.frames.map((frame) => JSON.parse(frame.toString()));
  }

  #next(matches: (frame: unknown[]) => boolean): Promise<unknown[]> {
    return vi.waitUntil(() => this.#parsed().find(matches), patience);
  }
}
