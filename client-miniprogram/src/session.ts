/*
 * One connection, from the dial to its end. Dialer makes it. However the socket ends, it becomes one `ended` with a
 * kind and a cause, and every request without an answer fails: a promise that never settles would hold up its page for
 * ever.
 */

import { type Clock, Timer } from "./clock.ts";
import { connectionFailure, errorOf, failure, TideError } from "./errors.ts";
import type { ErrorBody, ErrorReply, Goodbye, Welcome } from "./protocol.ts";
import { openPatience } from "./transports/host.ts";

/** The part of a Socket.IO socket that the client uses; version 3.1 has it too. */
export interface IoSocket {
  connected: boolean;
  io: { on(event: string, listener: () => void): unknown };
  on(event: string, listener: (...values: never[]) => void): unknown;
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
  off(): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

/** Opens a socket that does not reconnect by itself; `auth` is called when the handshake is written. */
export type OpenSocket = (auth: (give: (auth: object) => void) => void) => IoSocket;

/** How a session ended. */
export interface Ending {
  cause: TideError;
  /**
   * - `lost`: the connection failed or broke
   * - `goodbye`: the gateway ended it, and asks to come back
   * - `refused`: the gateway answers an attempt with an error, or asks to stay away
   */
  kind: "lost" | "goodbye" | "refused";
}

export interface SessionEvents {
  /** What the handshake carries; asked at the last moment, so that positions are the newest. */
  auth(): object;
  welcome(welcome: Welcome): void;
  event(name: string, args: unknown[]): void;
  /** Called once, and not after `close`. */
  ended(ending: Ending): void;
}

/** One connection to the gateway, from the dial to its end. After its end it calls nobody. */
export class Session {
  /** The socket has opened, and the handshake is written. */
  opened = false;
  welcomed = false;
  /** When anything last arrived, in the clock's milliseconds. */
  heardAt: number;
  /** Milliseconds that a round trip took when last seen. */
  roundTrip = 0;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #patience: Timer;
  readonly #socket: IoSocket;
  readonly #requests = new Set<(error: TideError) => void>();
  /** Requests under way whose answers may be large. */
  #loads = 0;
  #goodbye: Goodbye | undefined;
  #over = false;

  /** @param welcomePatience milliseconds from the opened connection to the welcome, which may carry much */
  constructor(open: OpenSocket, clock: Clock, welcomePatience: number, events: SessionEvents) {
    this.#events = events;
    this.#clock = clock;
    this.heardAt = clock.now();
    this.#patience = new Timer(clock);
    this.#socket = open((give) => {
      this.heardAt = clock.now();
      this.opened = true;
      this.#expect(welcomePatience);
      give(events.auth());
    });
    this.#expect(openPatience);
    this.#listen(this.#socket);
  }

  /** An answer to whatever else is asked waits behind a large one that is on its way. */
  get loading(): boolean {
    return this.#loads > 0;
  }

  /**
   * @param milliseconds after which the answer is not waited for any longer
   * @throws TideError of the gateway, `timeout`, or `unavailable` when the session ends first; as a rejection
   */
  request<Reply>(event: string, payload: unknown, milliseconds: number): Promise<Reply> {
    return new Promise((resolve, reject) => this.ask(event, payload, milliseconds, resolve, reject));
  }

  /**
   * As `request`, for an answer that events follow: a promise is settled later than the call that settles it, and
   * an event that came with the answer is taken before that.
   */
  ask<Reply>(
    event: string,
    payload: unknown,
    milliseconds: number,
    answered: (reply: Reply) => void,
    failed: (error: TideError) => void,
  ): void {
    if (this.#over) {
      failed(failure("unavailable", "Not connected.", true));
      return;
    }
    const sent = this.#clock.now();
    const timer = new Timer(this.#clock);
    const load = event === "subscribe" || event === "history" ? 1 : 0;
    this.#loads += load;
    const settle = () => {
      timer.clear();
      const pending = this.#requests.delete(fail);
      if (pending) this.#loads -= load;
      return pending;
    };
    const fail = (error: TideError) => {
      if (settle()) failed(error);
    };
    this.#requests.add(fail);
    timer.set(milliseconds, () => fail(failure("timeout", "No answer came in time.")));
    this.#socket.emit(event, payload, (reply: (Reply & { ok: true }) | ErrorReply) => {
      this.#heard();
      this.roundTrip = this.#clock.now() - sent;
      if (!reply.ok) fail(new TideError(reply.error));
      else if (settle()) answered(reply);
    });
  }

  /** Ends it. The gateway learns of it, `ended` is not called. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#patience.clear();
    this.#abandonRequests();
    // What the closing socket still reports is nobody's any more.
    this.#socket.off();
    try {
      this.#socket.disconnect();
    } catch {
      // weapp.socket.io throws when it is closed before it is open.
    }
    // A socket that opens nevertheless must not stay open: a mini-program has five.
    if (!this.#socket.connected) this.#socket.on("connect", () => this.#socket.disconnect());
  }

  #expect(milliseconds: number): void {
    this.#patience.set(milliseconds, () => {
      this.#end({ kind: "lost", cause: failure("timeout", "The gateway did not answer in time.", true) });
    });
  }

  #listen(socket: IoSocket): void {
    socket.io.on("ping", () => this.#heard());
    socket.onAny((event, ...args) => this.#receive(event, args));
    socket.on("connect_error", ({ data, message }: { data?: unknown; message?: string }) => {
      if (data) this.#end({ kind: "refused", cause: errorOf(data) });
      else this.#end(lost(message));
    });
    socket.on("disconnect", (reason: string, details?: { description?: unknown }) => {
      const words = details?.description;
      this.#end(endingOf(this.#goodbye) || lost(typeof words === "string" ? words : reason));
    });
  }

  #receive(event: string, args: unknown[]): void {
    if (this.#over) return;
    this.#heard();
    // It comes before the close and says why; the close alone does not.
    if (event === "goodbye") this.#goodbye = args[0] as Goodbye;
    else if (event === "welcome") this.#begin(args[0] as Welcome);
    else this.#events.event(event, args);
  }

  #begin(welcome: Welcome): void {
    this.#patience.clear();
    this.welcomed = true;
    this.#events.welcome(welcome);
  }

  /** Until the welcome, the time from the handshake to what came back is a first guess of the round trip. */
  #heard(): void {
    const now = this.#clock.now();
    if (!this.welcomed) this.roundTrip = now - this.heardAt;
    this.heardAt = now;
  }

  #end(ending: Ending): void {
    if (this.#over) return;
    this.close();
    this.#events.ended(ending);
  }

  #abandonRequests(): void {
    const error = failure("unavailable", "The connection ended before the answer came.", true);
    for (const fail of Array.from(this.#requests)) fail(error);
  }
}

function lost(words = "The connection was lost."): Ending {
  return { kind: "lost", cause: connectionFailure(words) };
}

function endingOf(goodbye: Goodbye | undefined): Ending | undefined {
  if (!goodbye) return undefined;
  const { code, reconnect, after } = goodbye;
  const body: ErrorBody = {
    code,
    message: `The gateway ended the connection: ${code}.`,
    retryable: reconnect,
  };
  if (after !== undefined) body.after = after;
  return { kind: reconnect ? "goodbye" : "refused", cause: new TideError(body) };
}
