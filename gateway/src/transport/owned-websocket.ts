import type { IncomingMessage } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { Failure } from "../errors.ts";
import type { OutletLimits } from "../fanout/outlet.ts";
import { refuseUpgrade } from "./http.ts";
import { chosenProtocol } from "./subprotocol.ts";

/** Whoever a WebSocket belongs to. */
export interface WebSocketOwner {
  receive(data: Buffer, isBinary: boolean): void;
  /** The peer has answered a ping of the WebSocket. */
  onPong(): void;
  /** @param code of the peer's close frame; 1006 where it sent none */
  onClosed(code: number): void;
  /** @param error of the network, or what the peer's frames break */
  onFailed(error: Error): void;
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

/** What a server says where the client speaks another version of WebSocket (RFC 6455, section 4.4). */
const versions = "Sec-WebSocket-Version: 13";

/**
 * @param maxPayload bytes of one incoming message
 * @param onRefused is given what is wrong with an upgrade that is none of WebSocket's
 */
export function createWebSocketServer(
  maxPayload: number,
  onRefused: (failure: Failure, request: IncomingMessage) => void,
) {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout,
    handleProtocols: chosenProtocol,
  };
  const server = new WebSocketServer({ ...options, WebSocket: OwnedWebSocket });
  // With a listener `ws` answers nothing by itself.
  server.on("wsClientError", (error, socket, request) => {
    const failure = new Failure("bad_request", `The upgrade is no WebSocket's: ${error.message}.`);
    onRefused(failure, request);
    refuseUpgrade(socket, failure, versions);
  });
  return server;
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

function onError(this: WebSocket, error: Error): void {
  (this as OwnedWebSocket).owner?.onFailed(error);
}

/** What a peer did wrong by an error of its WebSocket. @returns undefined where the network is at fault */
export function faultOf(error: Error): Failure | undefined {
  const code = "code" in error ? String(error.code) : "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return new Failure("too_large");
  return code.startsWith("WS_ERR_") ? new Failure("bad_request", error.message) : undefined;
}
