import type { Reply } from "../../connection/request.ts";
import type { ErrorBody, ErrorCode } from "../../errors.ts";
import { type Dialect, dataFrame } from "../../fanout/dialect.ts";
import { Json } from "../../protocol/json.ts";
import type { Opened } from "../websocket.ts";
import type { PlainDoors } from "./doors.ts";
import { PlainSocket } from "./plain-socket.ts";

/** Publications that may be refused within a minute; one more ends the connection. */
const toleratedRefusals = 2;
const minute = 60_000;

/**
 * Publications that are under way when the reading stops, and when it goes on. A client that cannot be told that it is too
 * fast is slowed down; more at once would be `rate_limited`, which ends it.
 */
const most = 128;
const few = 64;

/** What one bad word may cause, be it the rules or a backend that refuses it, which is no reason to end a chat. */
const tolerated = new Set<ErrorCode>(["forbidden", "bad_request", "unauthorized", "not_found"]);

interface JoinReply {
  ok: boolean;
  error?: ErrorBody;
  messages?: { data: unknown }[];
  more?: true;
}

/**
 * A client that is bound to one channel: what it sends is published there, and what comes is the data of messages.
 * All that cannot be told in that way ends the connection with its code.
 */
export class TextSocket extends PlainSocket {
  readonly #channel: string;
  #underWay = 0;
  #paused = false;
  #refusals = 0;
  /** Monotonic milliseconds. */
  #refusedSince = 0;

  constructor(opened: Opened, doors: PlainDoors, channel: string) {
    super(opened, doors);
    this.#channel = channel;
    this.hold();
  }

  override get dialect(): Dialect {
    return "text";
  }

  send(event: string, payload: object): void {
    if (event === "welcome" && payload instanceof Json) {
      const { channels } = JSON.parse(payload.text) as { channels: [JoinReply] };
      this.#joined(channels[0], payload.attachments);
    } else if (event === "unsubscribed" && "error" in payload) this.#end(payload.error as ErrorBody);
  }

  refused(code: ErrorCode, message: string, reconnect: boolean): void {
    if (reconnect) this.close(code, message);
    else this.disconnect(code, message);
  }

  /** As many as one read of the socket may bring. */
  protected override get earlyFrames(): number {
    return 4_096;
  }

  /** What is sent in another room would be taken for a message of the channel. */
  join(): void {}

  protected take(data: Buffer, isBinary: boolean): void {
    const payload = { channel: this.#channel, data: isBinary ? data : data.toString() };
    this.#underWay += 1;
    if (this.#underWay >= most) this.#pause();
    this.#request("publish", payload, (reply) => this.#published(reply as { error?: ErrorBody }));
  }

  #request(event: string, payload: object, reply: Reply): void {
    if (this.connection) void this.doors.dispatcher.dispatch(this.connection, event, payload, reply);
  }

  #joined({ ok, error, messages = [], more }: JoinReply, attachments: readonly Uint8Array[]): void {
    if (!ok) {
      if (error) this.#end(error);
      return;
    }
    for (const { data } of messages) this.append(dataFrame(data, attachments));
    if (more) this.#request("subscribe", { channel: this.#channel }, (reply) => this.#rejoined(reply));
    else this.proceed();
  }

  #rejoined(reply: object): void {
    if (reply instanceof Json) this.#joined(JSON.parse(reply.text), reply.attachments);
    else this.#joined(reply as JoinReply, []);
  }

  goOn(): void {
    if (this.gone) return;
    this.#paused = false;
    this.resumeReading();
    this.proceed();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.hold();
    this.pauseReading();
  }

  #published({ error }: { error?: ErrorBody }): void {
    this.#underWay -= 1;
    // In the next turn: the queue of the connection counts a request until after its answer.
    if (this.#paused && this.#underWay === few) setImmediate(goOn, this);
    if (!error) return;
    if (!tolerated.has(error.code)) this.#end(error);
    else if (this.#isTooMuch()) this.#end({ ...error, code: "disconnected", retryable: true });
  }

  #isTooMuch(): boolean {
    const now = performance.now();
    if (now - this.#refusedSince >= minute) {
      this.#refusals = 0;
      this.#refusedSince = now;
    }
    this.#refusals += 1;
    return this.#refusals > toleratedRefusals;
  }

  #end({ code, retryable, after, message }: ErrorBody): void {
    if (this.connection) this.doors.lifecycle.end(this.connection, code, retryable, { after, message });
  }
}

/** One for all sockets. */
function goOn(socket: TextSocket): void {
  socket.goOn();
}
