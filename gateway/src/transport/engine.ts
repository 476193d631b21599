import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { OutletLimits } from "../fanout/outlet.ts";
import { randomText } from "../random.ts";
import { EngineSocket, OwnedWebSocket, TextEngineSocket } from "./engine-socket.ts";
import { Heartbeat } from "./heartbeat.ts";

export interface EngineOptions {
  /** Bytes of one incoming message. */
  maxPayload: number;
  /** Milliseconds. */
  pingInterval: number;
  /** Milliseconds. */
  pingTimeout: number;
  outlets: OutletLimits;
}

/**
 * Milliseconds in which a peer has to answer the WebSocket's close. A node that stops waits less long: the phase `peers`
 * of ops/shutdown.ts.
 */
const closeTimeout = 5_000;

/** How a client says that it cannot take binary frames. */
const textOnly = /[?&]b64=/;

interface EngineEvents {
  connection: [socket: EngineSocket];
}

/**
 * Engine.IO 4 for WebSocket alone (github.com/socketio/engine.io-protocol), to which Socket.IO's server is bound:
 * no polling, no upgrade from it, no compression.
 */
export class Engine extends EventEmitter<EngineEvents> {
  readonly #options: EngineOptions;
  readonly #server: WebSocketServer;
  readonly #heartbeat: Heartbeat;
  /** What every handshake says behind the connection's id. */
  readonly #terms: string;

  constructor(options: EngineOptions) {
    super();
    const { maxPayload, pingInterval, pingTimeout } = options;
    this.#options = options;
    this.#terms = JSON.stringify({ upgrades: [], pingInterval, pingTimeout, maxPayload }).slice(1);
    this.#heartbeat = new Heartbeat({ interval: pingInterval, timeout: pingTimeout });
    const server = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
      closeTimeout,
    };
    this.#server = new WebSocketServer({ ...server, WebSocket: OwnedWebSocket });
  }

  /** Pings connections from now on. */
  start(): void {
    this.#heartbeat.start();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (websocket) => {
      const { outlets } = this.#options;
      const Socket = textOnly.test(request.url ?? "") ? TextEngineSocket : EngineSocket;
      this.#open(new Socket(newId(), websocket as OwnedWebSocket, request, outlets));
    });
  }

  /** Connections that have not taken all they were sent, and the bytes of all of them together. */
  backlog(): { connections: number; bytes: number } {
    let connections = 0;
    let bytes = 0;
    for (const { unsent } of this.#heartbeat.sockets()) {
      if (unsent > 0) connections += 1;
      bytes += unsent;
    }
    return { connections, bytes };
  }

  close(): void {
    this.#heartbeat.stop();
    for (const socket of this.#heartbeat.sockets()) socket.close();
  }

  #open(socket: EngineSocket): void {
    this.#heartbeat.add(socket);
    socket.onEnd = this.#forget;
    socket.sendText(`0{"sid":"${socket.id}",${this.#terms}`);
    this.emit("connection", socket);
  }

  readonly #forget = (socket: EngineSocket): void => {
    this.#heartbeat.remove(socket);
  };
}

/** In the shape of Socket.IO's own ids. */
function newId(): string {
  return randomText(15, "base64url");
}
