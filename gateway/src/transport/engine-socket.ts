import type { IncomingMessage } from "node:http";
import { Failure } from "../errors.ts";
import { binaryFrame, textFrame, withoutBinary } from "../fanout/frame.ts";
import { type OutletLimits, SocketOutlet } from "../fanout/outlet.ts";
import type { EngineMember } from "./heartbeat.ts";
import type { WebSocket, WebSocketOwner } from "./websocket.ts";

/** What Socket.IO listens to on a connection. Errors end it, and are told as its end. */
type EngineEvent = "data" | "error" | "close";
type Listener = (...args: never[]) => void;

export interface WriteOptions {
  /** The packet's WebSocket frame as Socket.IO's adapter has made it: header and payload. */
  wsPreEncodedFrame?: Buffer[];
}

const pingFrame = textFrame("2");
/** The byte of a packet that answers a ping. */
const pong = 0x33;

/** Frames that ask for nothing, from one ping to the next: acknowledgements, by their size; answers that nobody asked for. */
const idleLimit = 1_024;
const unaskedPrice = 64;

/** The last word to a peer that sent too much at once. */
const goodbyePacket = `2${JSON.stringify(["goodbye", { code: "too_large", reconnect: true }])}`;

/** The connection's end in Engine.IO's words, which Socket.IO's `disconnect` reports. */
export type EndReason =
  | "transport close"
  | "transport error"
  | "ping timeout"
  | "parse error"
  | "forced close";

/**
 * The server's side of one Engine.IO 4 connection over WebSocket, as Socket.IO uses it. It keeps no queue of its own:
 * acknowledgements, pings and batches leave in the order of the calls, and what the peer has not read waits in
 * the TCP socket alone. Listeners are fields and not an emitter, closures are shared: an idle connection is
 * what most of a gateway's memory goes to.
 */
export class EngineSocket extends SocketOutlet implements EngineMember, WebSocketOwner {
  readonly id: string;
  readonly protocol = 4;
  readyState: "open" | "closed" = "open";
  /** The upgrade request, until the connection has its session. */
  request: IncomingMessage | undefined;
  /** The peer did not keep up and was dropped. */
  slow = false;
  /** The peer sent more at once than a message may have. */
  tooLarge = false;
  pingedAt = 0;
  /** Unix seconds when anything came last; a small integer, which takes no memory of its own. */
  heard = Math.floor(Date.now() / 1_000);
  slot = 0;
  onEnd: ((member: EngineMember) => void) | undefined;
  /** A CONNECT has come; what becomes of it is reported elsewhere. */
  connectSeen = false;
  /** Called where the connection ends before a CONNECT. `fault` is the peer's, where it broke a protocol. */
  onUnconnected:
    | ((request: IncomingMessage, reason: EndReason, fault: Failure | undefined) => void)
    | undefined;
  readonly #websocket: WebSocket;
  /** What frames that ask for nothing have come to since the last ping. */
  #idle = 0;
  #data: Listener | undefined;
  #close: Listener | undefined;

  constructor(id: string, websocket: WebSocket, request: IncomingMessage, limits: OutletLimits) {
    super(request.socket, limits);
    this.id = id;
    this.request = request;
    this.#websocket = websocket;
    websocket.belongTo(this);
  }

  /** Socket.IO asks the transport whether a volatile packet can leave at once. */
  get transport(): { writable: boolean } {
    return this;
  }

  get writable(): boolean {
    return this.unsent === 0;
  }

  get remoteAddress(): string {
    return this.request?.socket.remoteAddress ?? "";
  }

  on(event: EngineEvent, listener: Listener): this {
    if (event === "data") this.#data = listener;
    else if (event === "close") this.#close = listener;
    return this;
  }

  removeListener(event: EngineEvent): this {
    if (event === "data") this.#data = undefined;
    else if (event === "close") this.#close = undefined;
    return this;
  }

  /** Sends a packet with the engine's own type in front, such as the handshake's. */
  sendText(packet: string): void {
    this.append(textFrame(packet));
  }

  /** Sends a Socket.IO packet, or one of its attachments. */
  write(data: string | Uint8Array, options?: WriteOptions): this {
    if (this.readyState !== "open") return this;
    const encoded = options?.wsPreEncodedFrame;
    if (encoded) this.append(Buffer.concat(encoded));
    else this.append(typeof data === "string" ? textFrame(`4${data}`) : binaryFrame(data));
    return this;
  }

  ping(): void {
    this.#idle = 0;
    this.append(pingFrame);
  }

  get choked(): boolean {
    return this.#websocket.choked;
  }

  onPong(data: Buffer): void {
    this.notePong(data);
    this.countIdle(unaskedPrice);
  }

  /** Counts a frame that asks for nothing, and so is in no rate. Who sends no end of them is ended. */
  countIdle(price: number): void {
    this.#idle += price;
    if (this.#idle <= idleLimit) return;
    this.end("parse error", new Failure("bad_request", "It sent too many frames that ask for nothing."));
  }

  onClosed(): void {
    this.end("transport close");
  }

  onFailed(error: Error): void {
    const fault = error instanceof Failure ? error : undefined;
    if (fault?.code !== "too_large" || !this.connectSeen) {
      this.end("transport error", fault);
      return;
    }
    // No client tells its user of the close code; and it has to come back, which not all do from a close frame.
    this.tooLarge = true;
    this.write(goodbyePacket);
    this.#end("transport error", fault, () => this.#websocket.hangUp());
  }

  expire(): void {
    this.#end("ping timeout", undefined, () => this.#websocket.hangUp());
  }

  /** Sends what is still to be sent, then closes the WebSocket. */
  close(): void {
    this.end("forced close");
  }

  /**
   * Not by a close frame: the client in Java does not notice one and hangs until its ping timeout, 45 s later, and the
   * client in C++ takes it for a wish that it stay away. From the end of TCP every client comes back.
   */
  sendAway(): void {
    this.#end("forced close", undefined, () => this.#websocket.hangUp());
  }

  /** @param fault what the peer did wrong, where that is why */
  end(reason: EndReason, fault?: Failure): void {
    this.#end(reason, fault, () => this.#websocket.close());
  }

  #end(reason: EndReason, fault: Failure | undefined, close: () => void): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.flush();
    close();
    this.onEnd?.(this);
    if (!this.connectSeen && this.request) this.onUnconnected?.(this.request, reason, fault);
    (this.#close as ((reason: EndReason) => void) | undefined)?.(reason);
    this.#data = undefined;
    this.#close = undefined;
    this.release();
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.readyState !== "open") return;
    if (this.pingedAt === 0 && data.length === 1 && data[0] === pong) this.countIdle(unaskedPrice);
    this.pingedAt = 0;
    this.heard = Math.floor(Date.now() / 1_000);
    this.largeUnderWay = false;
    if (isBinary) this.#deliver(data);
    else this.#receiveText(data.toString());
  }

  #receiveText(text: string): void {
    switch (text[0]) {
      case "4":
        this.#deliver(text.slice(1));
        return;
      case "3": // the answer to a ping
        return;
      case "b":
        this.#deliver(Buffer.from(text.slice(1), "base64"));
        return;
      case "1":
        this.end("transport close");
        return;
      default:
        this.end("parse error", new Failure("bad_request", "It sent what is no Engine.IO packet."));
    }
  }

  #deliver(data: string | Buffer): void {
    (this.#data as ((data: string | Buffer) => void) | undefined)?.(data);
  }

  protected override onSlow(): void {
    this.slow = true;
    this.end("transport close");
    this.#websocket.terminate();
  }
}

/** The connection of a client that asked for text only, with `b64` in its URL. */
export class TextEngineSocket extends EngineSocket {
  override append(frames: Buffer): void {
    super.append(withoutBinary(frames));
  }
}
