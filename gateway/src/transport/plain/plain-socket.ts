import type { Connection, Wire } from "../../connection/connection.ts";
import { type ErrorCode, Failure, failureKinds } from "../../errors.ts";
import type { CloseReason } from "../../meter.ts";
import { closeCodeOf, closeReasonText } from "../../protocol/close-codes.ts";
import { agentOf } from "../agent.ts";
import type { EngineMember } from "../heartbeat.ts";
import type { Opened, WebSocket, WebSocketOwner } from "../websocket.ts";
import { AdapterSocket } from "./adapter-socket.ts";
import type { PlainDoors } from "./doors.ts";
import { Early } from "./early.ts";

/** A ping of RFC 6455, which every WebSocket answers by itself. */
const pingFrame = Buffer.of(0x89, 0);

/** The close code of a peer that said nothing. */
const abnormal = 1006;

/**
 * A client that speaks no Socket.IO, from the upgrade to the end: its outlet, its connection's wire, and what
 * Socket.IO's adapter takes for a socket, all in one object, since an idle connection is what most of a gateway's
 * memory goes to. What it hears before it is let in waits.
 */
export abstract class PlainSocket extends AdapterSocket implements Wire, EngineMember, WebSocketOwner {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
  protected readonly doors: PlainDoors;
  pingedAt = 0;
  heard = Math.floor(Date.now() / 1_000);
  slot = 0;
  onEnd: ((member: EngineMember) => void) | undefined;
  /** The upgrade request, until the client is let in. */
  request: Opened["request"] | undefined;
  /** There once the client is let in. */
  connection: Connection | undefined;
  gone = false;
  readonly #websocket: WebSocket;
  /** There while frames wait, or have to. */
  #early: Early | undefined;
  #holding = false;

  constructor({ id, websocket, request, limits }: Opened, doors: PlainDoors) {
    super(request.socket, limits);
    this.id = id;
    this.address = doors.addressOf(request);
    this.agent = agentOf(request.headers);
    this.request = request;
    this.doors = doors;
    this.#websocket = websocket;
    websocket.belongTo(this);
    // Nothing of the gateway's follows the answer to the upgrade.
    request.socket.uncork();
  }

  protected get members(): PlainDoors["members"] {
    return this.doors.members;
  }

  /** Tells the client what it has to know of the event. */
  abstract send(event: string, payload: object): void;
  /** Handles a frame of the client. */
  protected abstract take(data: Buffer, isBinary: boolean): void;
  /** The client could not be let in. */
  abstract refused(code: ErrorCode, message: string, reconnect: boolean): void;

  /** Frames that may wait while `hold` holds them. */
  protected get earlyFrames(): number {
    return 256;
  }

  /** What the client sends from now on waits. */
  protected hold(): void {
    this.#holding = true;
    this.#early ??= new Early(this.earlyFrames);
  }

  /** What has waited is handled, until it is to wait again. */
  protected proceed(): void {
    this.#holding = false;
    for (let frame = this.#early?.next(); frame; frame = this.#early?.next()) {
      this.take(frame.data, frame.isBinary);
      if (this.#holding || this.gone) return;
    }
    this.#early = undefined;
  }

  /** Has the client's system keep what it sends; what has been read already still comes. */
  protected pauseReading(): void {
    this.#websocket.pause();
  }

  protected resumeReading(): void {
    this.#websocket.resume();
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.gone) return;
    this.#answered();
    this.doors.onReceived(data.length);
    if (!this.#early) this.take(data, isBinary);
    else if (!this.#early.add(data, isBinary)) this.close("rate_limited");
  }

  get choked(): boolean {
    return this.#websocket.choked;
  }

  onPong(data: Buffer): void {
    this.#answered();
    this.notePong(data);
  }

  #answered(): void {
    this.pingedAt = 0;
    this.heard = Math.floor(Date.now() / 1_000);
    this.largeUnderWay = false;
  }

  /** Nothing may follow the close frame. */
  override append(frames: Buffer): void {
    if (!this.gone) super.append(frames);
  }

  ping(): void {
    this.append(pingFrame);
  }

  expire(): void {
    this.cut("ping_timeout");
  }

  sendAway(): void {
    this.close("draining");
  }

  /** The client comes back by itself. */
  close(code: ErrorCode, message?: string): void {
    this.#close(code, true, message);
  }

  /** The client stays away. */
  disconnect(code: ErrorCode, message?: string): void {
    this.#close(code, false, message);
  }

  onClosed(code: number): void {
    this.#leave(code === abnormal ? "transport_close" : "client_disconnect");
  }

  onFailed(error: Error): void {
    if (error instanceof Failure) this.doors.missConnect(this, error);
    this.#leave("transport_error");
  }

  /** Ends the connection without a word: its peer is not there, or does not read. */
  protected cut(reason: CloseReason): void {
    this.#leave(reason);
    this.#websocket.terminate();
  }

  protected override onSlow(): void {
    this.cut("slow_consumer");
  }

  #close(code: ErrorCode, reconnect: boolean, message: string = failureKinds[code].message): void {
    if (this.gone) return;
    this.flush();
    this.#websocket.close(closeCodeOf(code, reconnect), closeReasonText(code, message));
    this.#leave(code);
  }

  #leave(reason: CloseReason): void {
    if (this.gone) return;
    this.gone = true;
    this.#early = undefined;
    this.request = undefined;
    this.onEnd?.(this);
    this.doors.left(this, reason);
    this.onGone();
    this.release();
  }

  /** Lets go of what only a connection that is there needs. */
  protected onGone(): void {}
}
