import type { Tide } from "../../src/index.ts";
import { hostOpener } from "../../src/open.ts";
import type { Io } from "../../src/options.ts";
import type { Welcome } from "../../src/protocol.ts";
import type { IoSocket } from "../../src/session.ts";
import type { Phone } from "../../testing/index.ts";
import { ioOf } from "./clients.ts";

type Result = { recovered?: boolean | undefined };
type Acknowledge = (reply: { results?: Result[] }) => void;

/** Looks on as a client is answered: a page is told to reload exactly where a recovery was refused. */
export class Refusals {
  /** What was not so. */
  readonly faults: string[] = [];
  /** Refused recoveries in the answer that the client is reading; a late one may be ignored. */
  #read = 0;
  #resets = 0;

  /** The Socket.IO client of the scenarios, looked upon. */
  ioOn(phone: Phone): Io {
    type Handshake = { path: string; auth: (give: (auth: object) => void) => void };
    const { io } = ioOf(phone);
    const open = io as ((url: string, options: Handshake) => IoSocket) | undefined;
    return (url: string, options: Handshake) =>
      this.#watched(
        open ? open(url, options) : hostOpener(url, options.path, phone.wx, phone.clock)(options.auth),
      );
  }

  follow(tide: Tide): void {
    tide.on("reset", () => {
      this.#resets += 1;
      if (this.#resets > this.#read) this.faults.push("a reset without a refused recovery");
    });
  }

  #watched(socket: IoSocket): IoSocket {
    const emit = socket.emit.bind(socket);
    const onAny = socket.onAny.bind(socket);
    socket.emit = (event, payload, acknowledge) =>
      emit(event, payload, (reply: { results?: Result[] }) => {
        this.#answer(reply.results ?? [], false, () => (acknowledge as Acknowledge)(reply));
      });
    socket.onAny = (listener) =>
      onAny((event, ...args) => {
        const results = event === "welcome" ? ((args[0] as Welcome).channels as Result[]) : [];
        this.#answer(results, true, () => listener(event, ...args));
      });
    return socket;
  }

  /** @param taken whether the client has to read it */
  #answer(results: readonly Result[], taken: boolean, read: () => void): void {
    this.#read = results.filter(({ recovered }) => recovered === false).length;
    this.#resets = 0;
    read();
    if (this.#resets < this.#read && (taken || this.#resets > 0)) {
      this.faults.push(`${this.#read} refused recoveries, ${this.#resets} resets`);
    }
    this.#read = 0;
    this.#resets = 0;
  }
}
