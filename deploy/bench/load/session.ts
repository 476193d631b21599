import { type FrameSink, RawClient } from "./client.ts";
import type { Dialect } from "./dialect.ts";

/** A client that is let in and speaks a server's dialect. */
export class Session {
  readonly client: RawClient;
  readonly #dialect: Dialect;
  /** Takes each event. */
  onEvent: FrameSink = () => {};
  readonly #acks = new Map<number, (reply: string) => void>();
  #nextAck = 0;
  #connected: (() => void) | undefined;

  private constructor(client: RawClient, dialect: Dialect) {
    this.client = client;
    this.#dialect = dialect;
    client.onMessage = (chunk, start, end) => this.#receive(chunk, start, end);
  }

  /**
   * @param room that the connection is for, in a dialect in which it is for one only
   * @returns once the server has accepted the connection
   */
  static async open(port: number, dialect: Dialect, auth: object, room?: string): Promise<Session> {
    const client = await RawClient.open(port, dialect.path(room), dialect.headers(auth));
    const session = new Session(client, dialect);
    const first = dialect.connect(auth);
    if (first === undefined) return session;
    const accepted = new Promise<void>((resolve, reject) => {
      session.#connected = resolve;
      client.onClose = () => reject(new Error("The server closed the connection in its handshake."));
    });
    client.send(first);
    await accepted;
    client.onClose = () => {};
    return session;
  }

  /** @returns the answer's frame; nothing where the connection is bound to its room */
  async subscribe(room: string, since?: string): Promise<string> {
    const id = this.#nextAck++;
    const request = this.#dialect.subscribe(id, room, since);
    if (request === undefined) return "";
    return new Promise((resolve) => {
      this.#acks.set(id, resolve);
      this.client.send(request);
    });
  }

  /** Publishes without waiting for an acknowledgement. */
  publish(room: string, data: string): void {
    this.client.send(this.#dialect.publish(room, data));
  }

  publishAll(room: string, data: readonly string[]): void {
    this.client.sendAll(data.map((each) => this.#dialect.publish(room, each)));
  }

  #receive(chunk: Buffer, start: number, end: number): void {
    const kind = this.#dialect.read(chunk, start, end);
    if (kind === "event") this.onEvent(chunk, start, end);
    else if (kind === "connected") this.#connected?.();
    else if (kind !== "other") {
      this.#acks.get(kind.answer)?.(chunk.toString("utf8", start, end));
      this.#acks.delete(kind.answer);
    }
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
