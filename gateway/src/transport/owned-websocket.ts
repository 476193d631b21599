import type { IncomingMessage } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import type { OutletLimits } from "../fanout/outlet.ts";
import { chosenProtocol } from "./subprotocol.ts";

/** Whoever a WebSocket belongs to. */
export interface WebSocketOwner {
  receive(data: Buffer, isBinary: boolean): void;
  /** The peer has answered a ping of the WebSocket. */
  onPong(): void;
  /** @param code of the peer's close frame; 1006 where it sent none */
  onClosed(code: number): void;
  onFailed(): void;
}

/** A WebSocket that has just been opened, and all that a connection is made of. */
export interface Opened {
  /** Of the connection that it becomes. */
  id: string;
  websocket: OwnedWebSocket;
  request: IncomingMessage;
  limits: OutletLimits;
}

/** A WebSocket that knows whose it is, so that all of them share their listeners. */
export class OwnedWebSocket extends WebSocket {
  #owner: WebSocketOwner | undefined;

  get owner(): WebSocketOwner | undefined {
    return this.#owner;
  }

  belongTo(owner: WebSocketOwner): void {
    this.#owner = owner;
    this.on("message", onMessage);
    this.on("pong", onPong);
    this.on("close", onClose);
    this.on("error", onError);
  }
}

/**
 * Milliseconds in which a peer has to answer the WebSocket's close. A node that stops waits less long: the phase `peers`
 * of ops/shutdown.ts.
 */
const closeTimeout = 5_000;

/** @param maxPayload bytes of one incoming message */
export function createWebSocketServer(maxPayload: number) {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout,
    handleProtocols: chosenProtocol,
  };
  return new WebSocketServer({ ...options, WebSocket: OwnedWebSocket });
}

function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  (this as OwnedWebSocket).owner?.receive(data, isBinary);
}

function onPong(this: WebSocket): void {
  (this as OwnedWebSocket).owner?.onPong();
}

function onClose(this: WebSocket, code: number): void {
  (this as OwnedWebSocket).owner?.onClosed(code);
}

function onError(this: WebSocket): void {
  (this as OwnedWebSocket).owner?.onFailed();
}
