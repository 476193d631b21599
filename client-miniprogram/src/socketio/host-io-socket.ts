/*
 * Socket.IO 5, the upper half: CONNECT, events, acknowledgements. `open.ts` makes one for each Session, which could be
 * given another client's socket in its place: the two have the same members.
 */

import type { Clock } from "../clock.ts";
import type { IoSocket } from "../session.ts";
import type { Host } from "../transports/host.ts";
import { Engine } from "./engine.ts";
import { encodePacket, type Packet, PacketReader } from "./packet.ts";

type Callback = (...args: never[]) => unknown;

/**
 * A client's socket of Socket.IO 5, in the namespace `/`, on one WebSocket of a host. It does not reconnect: once it has
 * ended, it stays ended.
 *
 * It has the server's events and its own: `connect`; `connect_error` with `{message, data?}`; `disconnect` with
 * Socket.IO's reason and `{description}`.
 */
export class HostIoSocket implements IoSocket {
  connected = false;
  /** Where Socket.IO clients report the server's pings. */
  readonly io = {
    on: (_ping: string, listener: () => void): void => {
      this.#pinged = listener;
    },
  };
  readonly #engine: Engine;
  readonly #reader = new PacketReader();
  #pinged: () => void = () => {};
  /** A listener without an event receives each of the server's events. */
  #listeners: { event?: string; listener: Callback }[] = [];
  /** By their ids. */
  readonly #acknowledgements: { [id: string]: Callback } = {};
  #lastId = 0;
  /** What was emitted before the connection. It is sent once, since there is no second connection. */
  readonly #waiting: (string | ArrayBuffer)[] = [];

  /**
   * @param address of the server's WebSocket
   * @param auth is called once the connection is open, and gives what the handshake carries
   */
  constructor(host: Host, address: string, clock: Clock, auth: (give: (auth: object) => void) => void) {
    this.#engine = new Engine(host, address, clock, {
      open: () => auth((given) => this.#write(encodePacket("connect", given))),
      ping: () => this.#pinged(),
      message: (data) => {
        const packet = this.#reader.read(data);
        if (packet) this.#receive(packet);
      },
      ended: (reason, cause) => this.#ended(reason, cause),
    });
  }

  on(event: string, listener: Callback): void {
    this.#listeners.push({ event, listener });
  }

  /** Listens to each of the server's events. */
  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#listeners.push({ listener });
  }

  /** Takes all listeners off. */
  off(): void {
    this.#listeners = [];
  }

  /** @param args the last one may be a function, which is called with the server's acknowledgement */
  emit(event: string, ...args: unknown[]): void {
    const last = args[args.length - 1];
    let id: string | undefined;
    if (typeof last === "function") {
      args.pop();
      this.#lastId += 1;
      id = String(this.#lastId);
      this.#acknowledgements[id] = last as Callback;
    }
    const frames = encodePacket("event", [event, ...args], id);
    if (this.connected) this.#write(frames);
    else this.#waiting.push(...frames);
  }

  disconnect(): void {
    if (this.connected) this.#write(encodePacket("disconnect"));
    this.#close();
  }

  #write(frames: readonly (string | ArrayBuffer)[]): void {
    for (const frame of frames) this.#engine.send(frame);
  }

  #close(): void {
    this.connected = false;
    this.#engine.close();
  }

  #receive({ type, id, data }: Packet): void {
    if (type === "disconnect") this.#ended("io server disconnect", "The server closed the connection.");
    else if (!this.connected) this.#answer(type, data);
    else if (type === "event") this.#event(id, data as [string, ...unknown[]]);
    else if (type === "ack") {
      const acknowledge = this.#acknowledgements[id as string];
      delete this.#acknowledgements[id as string];
      acknowledge?.(...(data as never[]));
    } else throw new Error("a wrong answer to the handshake");
  }

  /** The server accepts the socket or refuses it; a server of another version of Socket.IO does neither. */
  #answer(type: Packet["type"], data: unknown): void {
    const { sid, message } = Object(data) as { sid?: unknown; message?: unknown };
    if (type === "connect_error") {
      this.#close();
      this.#dispatch(type, message ? data : { message: String(data) });
    } else if (type === "connect" && typeof sid === "string") {
      this.connected = true;
      this.#write(this.#waiting);
      this.#dispatch(type);
    } else throw new Error("a wrong answer to the handshake");
  }

  /** The listeners of all events come first, as in Socket.IO's own client. */
  #event(id: string | undefined, [event, ...args]: [string, ...unknown[]]): void {
    if (id !== undefined) {
      args.push((...answer: unknown[]) => this.#write(encodePacket("ack", answer, id)));
    }
    this.#dispatch(undefined, event, ...args);
    this.#dispatch(event, ...args);
  }

  #ended(reason: string, cause: string): void {
    const wasConnected = this.connected;
    this.#close();
    if (wasConnected) this.#dispatch("disconnect", reason, { description: cause });
    else this.#dispatch("connect_error", { message: cause });
  }

  #dispatch(name: string | undefined, ...args: unknown[]): void {
    // A copy: a listener may call `off`.
    for (const { event, listener } of this.#listeners.slice()) {
      if (event === name) listener(...(args as never[]));
    }
  }
}
