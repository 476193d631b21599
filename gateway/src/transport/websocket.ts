/*
 * The server's side of a WebSocket (RFC 6455) once the upgrade is answered. The connections of all dialects own one:
 * they are told what it reads, and have it closed. What is sent goes through the connection's outlet; only the close
 * frame is written here, since nothing may follow it.
 */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Failure } from "../errors.ts";
import { controlFrame } from "../fanout/frame.ts";
import type { OutletLimits } from "../fanout/outlet.ts";
import { FrameReader, opcodes } from "./frame-reader.ts";

/** Whoever a WebSocket belongs to. */
export interface WebSocketOwner {
  /** It has so much left to take that nothing more of it is read. */
  readonly full: boolean;
  whenDrained(resume: () => void): void;
  append(frames: Buffer): void;
  /** Writes what has been appended. */
  flush(): void;
  receive(data: Buffer, isBinary: boolean): void;
  /** The peer has answered a ping of the WebSocket. @param data of the ping */
  onPong(data: Buffer): void;
  /** Is told once. @param code of the peer's close frame; 1006 where it sent none */
  onClosed(code: number): void;
  /** @param error of the network, or a Failure with what the peer's frames break */
  onFailed(error: Error | Failure): void;
}

/** A WebSocket that has just been opened, and all that a connection is made of. */
export interface Opened {
  /** Of the connection that it becomes. */
  id: string;
  websocket: WebSocket;
  request: IncomingMessage;
  limits: OutletLimits;
}

/**
 * Milliseconds in which a peer has to answer the close frame, or to end its side of the connection. A node that stops waits less long: the phase `peers` of
 * ops/shutdown.ts.
 */
const closeTimeout = 5_000;
/** Bytes of a peer that are skipped while its answer to the close frame is awaited. */
const maxSkipped = 1_048_576;

/** The close code of a peer that said nothing. */
const abnormal = 1006;
/** That of a close frame without one. */
const unsaid = 1005;

const ownerSymbol = Symbol("websocket");
type OwnedSocket = Socket & { [ownerSymbol]?: WebSocket };

/** Its listeners are shared by all: each finds its WebSocket by the socket that it is called on. */
export class WebSocket extends FrameReader {
  readonly #socket: OwnedSocket;
  #owner: WebSocketOwner | undefined;
  /** There once it is closed from this side. */
  #closeTimer: NodeJS.Timeout | undefined;
  /** The code that a breach of the protocol is answered with, whatever its owner would close with. */
  #answer: number | undefined;
  /** The code of the peer's close frame. */
  #received = abnormal;
  #paused = false;
  #choked = false;
  #skipped = 0;
  /** One that has not been answered yet. */
  #ping: Buffer | undefined;

  /** @param maxPayload bytes of one incoming message */
  constructor(socket: Socket, maxPayload: number) {
    super(maxPayload);
    this.#socket = socket;
  }

  /** Reads for the owner from now on. */
  belongTo(owner: WebSocketOwner): void {
    this.#owner = owner;
    this.#socket[ownerSymbol] = this;
    // Who sends no more is answered with the end of this side too.
    this.#socket.allowHalfOpen = false;
    this.#socket.on("data", onData);
    this.#socket.on("error", onError);
    this.#socket.on("close", onClose);
  }

  /** It is not read on before its owner has sent it what waits. */
  get choked(): boolean {
    return this.#choked;
  }

  /** Nothing is read until `resume`; the peer's system keeps what it sends. */
  pause(): void {
    this.#paused = true;
    this.#hold();
  }

  resume(): void {
    this.#paused = false;
    this.#goOn();
  }

  /**
   * Sends a close frame. What the peer sends from now on is skipped, its own close frame excepted.
   *
   * @param code none where the peer needs no reason
   */
  close(code?: number, reason = ""): void {
    if (this.#closeTimer) return;
    this.#deafen();
    this.#writeClose(this.#answer ?? code, reason);
  }

  /** Ends the TCP connection behind what was written, without a close frame. What the peer still sends is skipped. */
  hangUp(): void {
    if (this.#closeTimer) return;
    this.#deafen();
    this.#setCloseTimer();
    this.#socket.end();
  }

  /** Ends it without a word. */
  terminate(): void {
    this.#socket.destroy();
  }

  feed(chunk: Buffer): void {
    if (this.deaf || this.over) this.#skipped += chunk.length;
    if (this.#skipped > maxSkipped) this.terminate();
    else if (!this.over) this.#readOn(chunk);
  }

  fail(error: Error): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.onFailed(error);
  }

  /** The socket is closed. */
  done(): void {
    clearTimeout(this.#closeTimer);
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.onClosed(this.#received);
  }

  protected onMessage(data: Buffer, isBinary: boolean): void {
    this.#owner?.receive(data, isBinary);
    this.#chokeIfFull();
  }

  /** The newest of a read is answered, as RFC 6455 (section 5.5.3) allows: a flood of pings is none of pongs. */
  protected onPing(data: Buffer): void {
    this.#ping = data;
  }

  protected onPong(data: Buffer): void {
    this.#owner?.onPong(data);
  }

  /** Its owner is told once the socket has closed: what came before the close frame may still be handed on. */
  protected onClose(code: number): void {
    this.over = true;
    this.#received = code;
    this.#owner?.flush();
    if (!this.#closeTimer) this.#writeClose(code === unsaid ? undefined : code, "");
    this.#socket.end();
  }

  /** The owner comes first: what it still has to send cannot follow the close frame. */
  protected onFault(code: number, failure: Failure): void {
    const owner = this.#owner;
    this.#owner = undefined;
    this.#answer = code;
    owner?.onFailed(failure);
    owner?.flush();
    if (!this.#closeTimer) this.#writeClose(code, "");
    this.#socket.end();
  }

  #readOn(chunk?: Buffer): void {
    this.read(chunk);
    const ping = this.#ping;
    if (!ping) return;
    this.#ping = undefined;
    if (!this.deaf && !this.over) this.#owner?.append(controlFrame(opcodes.pong, ping));
  }

  #deafen(): void {
    this.deaf = true;
    this.#paused = false;
    this.#choked = false;
    this.#goOn();
  }

  #writeClose(code: number | undefined, reason: string): void {
    this.#setCloseTimer();
    if (!this.#socket.writable) return;
    this.#socket.write(controlFrame(opcodes.close, closePayload(code, reason)));
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
  }

  #setCloseTimer(): void {
    this.#closeTimer = setTimeout(cut, closeTimeout, this.#socket).unref();
  }

  /** Who does not take its answers is not asked for more. */
  #chokeIfFull(): void {
    const owner = this.#owner;
    if (this.#choked || this.deaf || !owner?.full) return;
    this.#choked = true;
    this.#hold();
    owner.whenDrained(() => {
      this.#choked = false;
      this.#goOn();
    });
  }

  #hold(): void {
    if (this.deaf) return;
    this.held = true;
    this.#socket.pause();
  }

  #goOn(): void {
    if (this.#paused || this.#choked || !this.held) return;
    this.held = false;
    this.#readOn();
    if (!this.held) this.#socket.resume();
  }
}

function closePayload(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}

function cut(socket: Socket): void {
  socket.destroy();
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[ownerSymbol]?.feed(chunk);
}

function onError(this: OwnedSocket, error: Error): void {
  this[ownerSymbol]?.fail(error);
}

function onClose(this: OwnedSocket): void {
  this[ownerSymbol]?.done();
}
