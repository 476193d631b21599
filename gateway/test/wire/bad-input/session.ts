import type { ErrorBody } from "../../../src/errors.ts";
import { frame, type RawSocket } from "../../support/raw-socket.ts";

export interface RawReply {
  ok: boolean;
  error?: ErrorBody;
  [member: string]: unknown;
}

/** A Socket.IO session on a raw socket, whose packets can be of any shape. */
export class RawSession {
  readonly socket: RawSocket;
  #requests = 0;

  constructor(socket: RawSocket) {
    this.socket = socket;
  }

  /** Connects, and waits for the welcome. */
  static async open(socket: RawSocket, auth: object): Promise<RawSession> {
    socket.send(`40${JSON.stringify(auth)}`);
    await socket.next('42["welcome",');
    return new RawSession(socket);
  }

  /** Sends a request and returns its reply. */
  request(event: unknown, payload?: unknown): Promise<RawReply> {
    const args = payload === undefined ? [event] : [event, payload];
    return this.requestText(JSON.stringify(args));
  }

  /** Sends a request whose JSON is written by hand. */
  requestText(args: string): Promise<RawReply> {
    const id = this.#requests;
    this.#requests += 1;
    this.socket.send(`42${id}${args}`);
    return this.#reply(id);
  }

  /** Sends a request with binary values; placeholders in its JSON are the test's own. */
  requestBinary(args: string, attachments: readonly Buffer[]): Promise<RawReply> {
    const id = this.#requests;
    this.#requests += 1;
    const text = frame(`45${attachments.length}-${id}${args}`);
    this.socket.write(text, ...attachments.map((bytes) => frame(bytes, { opcode: 2 })));
    return this.#reply(id);
  }

  /** Payloads of an event so far. */
  events(name: string): Record<string, unknown>[] {
    const start = `42[${JSON.stringify(name)},`;
    const texts = this.socket.texts.filter((text) => text.startsWith(start));
    return texts.map((text) => JSON.parse(text.slice(2))[1]);
  }

  /** Waits for an event and returns its first payload. */
  async next(name: string): Promise<Record<string, unknown>> {
    await this.socket.next(`42[${JSON.stringify(name)},`);
    return this.events(name)[0] ?? {};
  }

  async #reply(id: number): Promise<RawReply> {
    const start = `43${id}[`;
    const text = await this.socket.next(start);
    return JSON.parse(text.slice(start.length - 1))[0];
  }
}

/** The error of a CONNECT_ERROR, as the protocol has it. */
export async function connectError(socket: RawSocket): Promise<ErrorBody> {
  const { data } = JSON.parse((await socket.next("44")).slice(2));
  return data;
}
