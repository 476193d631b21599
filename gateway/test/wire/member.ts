import { WebSocket } from "ws";

export interface Seen {
  data: string;
  position: string;
}

/** The least that speaks the protocol: no library, no reconnection. */
export class Member {
  readonly seen: Seen[] = [];
  readonly #socket: WebSocket;
  readonly #token: string;
  readonly #replies = new Map<number, (reply: unknown) => void>();
  readonly #welcomed = Promise.withResolvers<void>();
  readonly #complete = Promise.withResolvers<void>();
  readonly #total: number;
  #asked = 0;

  /**
   * @param url the gateway's
   * @param total how many messages it waits for
   */
  constructor(url: string, token: string, total: number) {
    this.#token = token;
    this.#total = total;
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    this.#socket.on("message", (data) => this.#take(String(data)));
    this.#socket.on("error", (error) => this.#welcomed.reject(error));
    this.#socket.on("close", () => this.#complete.reject(new Error("the gateway closed a member")));
    // Whoever waits for it hears of it; a member that is closed at the end is nobody's fault.
    this.#complete.promise.catch(() => {});
  }

  /** Once the member is welcomed. */
  get welcomed(): Promise<void> {
    return this.#welcomed.promise;
  }

  /** Once it has seen as many messages as are published. */
  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  ask(event: string, payload: object): Promise<unknown> {
    const id = this.#asked;
    this.#asked += 1;
    this.#socket.send(`42${id}${JSON.stringify([event, payload])}`);
    return new Promise((resolve) => this.#replies.set(id, resolve));
  }

  /** Reads nothing any more. */
  stall(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(packet: string): void {
    if (packet === "2") this.#socket.send("3");
    else if (packet.startsWith("0")) this.#socket.send(`40${JSON.stringify({ token: this.#token })}`);
    else if (packet.startsWith("43")) this.#reply(packet);
    else if (packet.startsWith('42["welcome"')) this.#welcomed.resolve();
    else if (packet.startsWith('42["message"')) this.#see(JSON.parse(packet.slice(2))[1]);
  }

  #reply(packet: string): void {
    const start = packet.indexOf("[");
    const id = Number(packet.slice(2, start));
    this.#replies.get(id)?.(JSON.parse(packet.slice(start))[0]);
    this.#replies.delete(id);
  }

  #see(message: Seen): void {
    this.seen.push(message);
    if (this.seen.length === this.#total) this.#complete.resolve();
  }
}
