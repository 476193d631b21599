import { type FrameSink, RawClient } from "./client.ts";
import type { Dialect } from "./dialect.ts";

const connected = "0".charCodeAt(0);
const event = "2".charCodeAt(0);
const acknowledgement = "3".charCodeAt(0);

/** A client that has joined the Socket.IO namespace and speaks a server's dialect. */
export class Session {
  readonly client: RawClient;
  readonly #dialect: Dialect;
  /** Takes each event packet. */
  onEvent: FrameSink = () => {};
  readonly #acks = new Map<number, (reply: string) => void>();
  #nextAck = 0;
  #connected: (() => void) | undefined;

  private constructor(client: RawClient, dialect: Dialect) {
    this.client = client;
    this.#dialect = dialect;
    client.onMessage = (chunk, start, end) => this.#receive(chunk, start, end);
  }

  /** @returns once the server has accepted the connection */
  static async open(port: number, dialect: Dialect, auth: object): Promise<Session> {
    const client = await RawClient.open(port);
    const session = new Session(client, dialect);
    const accepted = new Promise<void>((resolve, reject) => {
      session.#connected = resolve;
      client.onClose = () => reject(new Error("The server closed the connection in its handshake."));
    });
    client.send(`40${JSON.stringify(auth)}`);
    await accepted;
    client.onClose = () => {};
    return session;
  }

  subscribe(room: string, since?: string): Promise<string> {
    return this.#request(this.#dialect.subscribe(room, since));
  }

  /** Publishes without waiting for an acknowledgement. */
  publish(room: string, data: string): void {
    this.client.send(`42${this.#dialect.publish(room, data)}`);
  }

  publishAll(room: string, data: readonly string[]): void {
    this.client.sendAll(data.map((each) => `42${this.#dialect.publish(room, each)}`));
  }

  #request(text: string): Promise<string> {
    const id = this.#nextAck++;
    return new Promise((resolve) => {
      this.#acks.set(id, resolve);
      this.client.send(`42${id}${text}`);
    });
  }

  #receive(chunk: Buffer, start: number, end: number): void {
    switch (chunk[start]) {
      case event:
        this.onEvent(chunk, start + 1, end);
        return;
      case connected:
        this.#connected?.();
        return;
      case acknowledgement:
        this.#acknowledge(chunk.toString("utf8", start + 1, end));
        return;
    }
  }

  #acknowledge(text: string): void {
    const body = text.indexOf("[");
    const id = Number(text.slice(0, body));
    this.#acks.get(id)?.(text.slice(body));
    this.#acks.delete(id);
  }
}

/** Opens so many sessions, `width` at a time. */
export async function openMany(
  count: number,
  open: (index: number) => Promise<Session>,
  width = 64,
): Promise<Session[]> {
  const sessions: Session[] = new Array(count);
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      sessions[index] = await open(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return sessions;
}
