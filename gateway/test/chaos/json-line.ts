import WebSocket from "ws";
import type { ErrorReply } from "../../src/protocol/events.ts";

type Listener = (payload: never) => void;
type Acknowledge = (error: Error | null, reply: never) => void;

/** Ends a connection; the others are those of the gateway. */
const ownEvents = ["connect_error", "disconnect"] as const;

/**
 * A connection to `/json`, with as much of the official client's face as the clients here use. It comes back no more
 * than they let that one do.
 */
export class JsonLine {
  readonly #socket: WebSocket;
  readonly #listeners = new Map<string, Listener>();
  readonly #waiting = new Map<number, (reply: never) => void>();
  #asked = 0;
  #refusal: ErrorReply["error"] | undefined;
  #welcomed = false;
  #ended = false;

  /** @param limit milliseconds in which the WebSocket opens */
  constructor(url: string, auth: object, limit: number) {
    const options = { handshakeTimeout: limit };
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/json`, options);
    this.#socket.on("open", () => this.#say(["connect", auth]));
    this.#socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#end());
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  emit(event: string, payload: object, acknowledge: (reply: never) => void): void {
    this.#asked += 1;
    this.#waiting.set(this.#asked, acknowledge);
    this.#say([event, payload, this.#asked]);
  }

  timeout(ms: number) {
    const emit = (event: string, payload: object, acknowledge: Acknowledge): void => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        acknowledge(new Error("no answer came in time"), undefined as never);
      }, ms);
      this.emit(event, payload, (reply) => {
        clearTimeout(late);
        acknowledge(null, reply);
      });
      const id = this.#asked;
    };
    const emitWithAck = (event: string, payload: object) =>
      new Promise<never>((resolve, reject) => {
        emit(event, payload, (error, reply) => (error ? reject(error) : resolve(reply)));
      });
    return { emit, emitWithAck };
  }

  removeAllListeners(): this {
    this.#listeners.clear();
    return this;
  }

  disconnect(): void {
    this.#ended = true;
    this.#socket.terminate();
  }

  #say(frame: unknown[]): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive([word, payload]: [string | number, never]): void {
    if (this.#ended) return;
    if (typeof word === "number") {
      const acknowledge = this.#waiting.get(word);
      this.#waiting.delete(word);
      acknowledge?.(payload);
      return;
    }
    if (word === "welcome") this.#welcomed = true;
    if (word === "failed") this.#refused(payload);
    if (!(ownEvents as readonly string[]).includes(word)) this.#listeners.get(word)?.(payload);
  }

  #refused({ event, error }: { event?: string; error: ErrorReply["error"] }): void {
    if (event === "connect" && !error.retryable) this.#refusal = error;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const [refused, left] = ownEvents;
    const detail = { data: this.#refusal } as never;
    this.#listeners.get(this.#welcomed ? left : refused)?.(detail);
  }
}
