/*
 * Engine.IO 4, the lower half of Socket.IO: opening, pings, text and binary messages on one WebSocket. HostIoSocket is
 * on top of it, HostSocket below. It has no polling, no upgrade and no reconnection: SessionKeeper reconnects.
 */

import { type Clock, Timer } from "../clock.ts";
import { decodeBase64 } from "../transports/base64.ts";
import { endingText, type Host } from "../transports/host.ts";
import { HostSocket } from "../transports/host-socket.ts";

export interface EngineEvents {
  open(): void;
  ping(): void;
  /** @throws Error where the server must not send this; the connection then ends */
  message(data: string | ArrayBuffer): void;
  /** Called once, and not after `close`. @param reason in Socket.IO's words @param cause in the host's or our own */
  ended(reason: string, cause: string): void;
}

interface Handshake {
  pingInterval: number;
  pingTimeout: number;
}

/** The thread may have slept. Then the timer fires before the messages that arrived meanwhile are read; they get this long. */
const grace = 2_000;

/** Engine.IO 4 over one WebSocket of a host: the opening, the pings and the end. */
export class Engine {
  readonly #events: EngineEvents;
  readonly #clock: Clock;
  readonly #silence: Timer;
  readonly #socket: HostSocket;
  #heardAt = 0;
  /** Milliseconds of silence after which the server counts as gone; 0 until it has opened the connection. */
  #patience = 0;

  constructor(host: Host, address: string, clock: Clock, events: EngineEvents) {
    this.#events = events;
    this.#clock = clock;
    this.#silence = new Timer(clock);
    this.#socket = new HostSocket(host, address);
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onerror = (event) => this.#end("transport close", endingText(event));
  }

  send(data: string | ArrayBuffer): void {
    this.#socket.send(typeof data === "string" ? `4${data}` : data);
  }

  close(): void {
    this.#silence.clear();
    this.#socket.close();
  }

  /** A wrong packet ends the connection; it must not throw an error into the host, which is the caller. */
  #receive(data: string | ArrayBuffer): void {
    this.#heardAt = this.#clock.now();
    try {
      if (typeof data === "string") this.#take(data.charAt(0), data.slice(1));
      else this.#take("4", data);
    } catch (error) {
      this.#end("parse error", `The server sent ${(error as Error).message}.`);
    }
  }

  #take(type: string, data: string | ArrayBuffer): void {
    const events = this.#events;
    if (type === "0") this.#open(data as string);
    // A server of another protocol is found out here: nothing may come before the opening.
    else if (!this.#patience) throw new Error("a wrong opening");
    else if (type === "1") this.#end("transport close", "The server closed the connection.");
    else if (type === "2") {
      this.#socket.send(`3${data}`);
      events.ping();
    } else if (type === "4") events.message(data);
    // A server that was asked for text sends binary data so.
    else if (type === "b") events.message(decodeBase64(data as string));
    else if (type !== "6") throw new Error("an unknown packet");
  }

  #open(text: string): void {
    const { pingInterval, pingTimeout } = Object(JSON.parse(text)) as Handshake;
    const patience: unknown = pingInterval + pingTimeout;
    // Timers take no more than 31 bits.
    const sound = typeof patience === "number" && patience > 0 && patience < 2e9;
    if (!sound || this.#patience) throw new Error("a wrong opening");
    this.#patience = patience;
    this.#watch(patience);
    this.#events.open();
  }

  /** Looks when the last message is old enough, rather than setting a timer with every message. */
  #watch(milliseconds: number, last = false): void {
    this.#silence.set(milliseconds, () => {
      const left = this.#heardAt + this.#patience - this.#clock.now();
      if (left > 0) this.#watch(left);
      else if (last) this.#end("ping timeout", "No ping came.");
      else this.#watch(grace, true);
    });
  }

  #end(reason: string, cause: string): void {
    this.close();
    this.#events.ended(reason, cause);
  }
}
