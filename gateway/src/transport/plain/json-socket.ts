import type { Reply } from "../../connection/request.ts";
import { type ErrorCode, Failure } from "../../errors.ts";
import type { Dialect } from "../../fanout/dialect.ts";
import type { Opened } from "../websocket.ts";
import type { PlainDoors } from "./doors.ts";
import { frameOf, readFrame } from "./json-frame.ts";
import { PlainSocket } from "./plain-socket.ts";
import { credentialsOf } from "./request.ts";

/** Frames that are no requests, at which a client that has not connected is closed. */
const maxStrikes = 3;

/** A client that speaks the whole protocol as JSON arrays: `["subscribe", {…}, 1]` is answered `[1, {…}]`. */
export class JsonSocket extends PlainSocket {
  /** Runs until the client is let in; of one that has sent `ping`, until it has been silent for too long. */
  #timer: NodeJS.Timeout | undefined;
  #strikes = 0;
  /** It has sent `connect`, and is not let in yet. */
  #isAsking = false;
  /** Asks for the answer to `connect`, until it is given. */
  #reply: Reply | undefined;
  /** Monotonic milliseconds when a client was heard that has sent `ping`; 0 for one that never has. */
  #heardAt = 0;

  constructor(opened: Opened, doors: PlainDoors) {
    super(opened, doors);
    this.#timer = setTimeout(giveUp, doors.connectTimeout, this);
  }

  override get dialect(): Dialect {
    return "json";
  }

  send(event: string, payload: object): void {
    if (event !== "welcome") {
      this.#write(JSON.stringify(event), payload);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#answerConnect({ ok: true });
    this.#write('"welcome"', payload);
    // Before it even a `failed` would be taken for the handshake's.
    this.proceed();
  }

  refused(code: ErrorCode, message: string, reconnect: boolean): void {
    const { body } = new Failure(code, message, { retryable: reconnect });
    if (this.#reply) this.#answerConnect({ ok: false, error: body });
    else this.send("failed", { event: "connect", error: body });
    if (reconnect) this.close(code, message);
    else this.disconnect(code, message);
  }

  join(rooms: string | string[]): void {
    this.members.join(this, Array.isArray(rooms) ? rooms : [rooms]);
  }

  protected take(data: Buffer, isBinary: boolean): void {
    if (this.#heardAt > 0) this.#heardAt = performance.now();
    if (isBinary) {
      this.#strike(undefined, "A frame is text.");
      return;
    }
    const request = readFrame(data.toString(), this.doors.maxDepth);
    if ("words" in request) {
      this.#strike(request.event, request.words);
      return;
    }
    const { event, payload, id } = request;
    const reply = id === undefined ? undefined : (answer: object) => this.#write(String(id), answer);
    if (this.connection) this.#request(event, payload, reply);
    else if (event === "connect") this.#connect(payload, reply);
    else this.#strike(event, 'The first frame is ["connect", {}].');
  }

  #connect(auth: unknown, reply: Reply | undefined): void {
    this.#reply = reply;
    this.#isAsking = true;
    this.hold();
    if (this.request) this.doors.letIn(this, credentialsOf(this.request, auth));
  }

  #request(event: string, payload: unknown, reply: Reply | undefined): void {
    if (!this.connection) return;
    if (event === "connect") {
      this.#strike(event, "It is connected already.");
      return;
    }
    if (event === "ping") this.#expectMore();
    void this.doors.dispatcher.dispatch(this.connection, event, payload, reply);
  }

  #strike(event: string | undefined, words: string): void {
    if (this.connection) {
      this.doors.dispatcher.malformed(this.connection, event, words);
      return;
    }
    this.#strikes += 1;
    this.send("failed", { event: event?.slice(0, 128), error: new Failure("bad_request", words).body });
    if (this.#strikes < maxStrikes) return;
    this.doors.missConnect(this, new Failure("bad_request", words));
    this.disconnect("bad_request", words);
  }

  #answerConnect(answer: object): void {
    this.#reply?.(answer);
    this.#reply = undefined;
  }

  #write(first: string, payload: object): void {
    this.append(frameOf(first, payload));
  }

  /** Nobody has come in, in time: no `connect` was sent, or its login takes too long. */
  giveUp(): void {
    this.doors.missConnect(this, new Failure("timeout", "No connect came in time."));
    if (this.#isAsking) this.refused("timeout", "The login took too long.", true);
    else this.disconnect("bad_request", "Nothing has come to connect.");
  }

  #expectMore(): void {
    this.#heardAt = performance.now();
    this.#timer ??= setTimeout(listen, this.doors.silence, this);
  }

  /** Who is not read on cannot be heard. */
  listen(): void {
    const left = this.choked ? this.doors.silence : this.#heardAt + this.doors.silence - performance.now();
    if (left > 0) this.#timer = setTimeout(listen, left, this);
    else this.cut("ping_timeout");
  }

  protected override onGone(): void {
    clearTimeout(this.#timer);
  }
}

/* One of each for all sockets. */

function giveUp(socket: JsonSocket): void {
  socket.giveUp();
}

function listen(socket: JsonSocket): void {
  socket.listen();
}
