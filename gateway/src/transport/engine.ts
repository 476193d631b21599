import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { Failure } from "../errors.ts";
import { type Dialect, dialects } from "../fanout/dialect.ts";
import type { OutletLimits } from "../fanout/outlet.ts";
import { randomText } from "../random.ts";
import { type EndReason, EngineSocket, TextEngineSocket } from "./engine-socket.ts";
import { type EngineMember, Heartbeat } from "./heartbeat.ts";
import { openWebSocket } from "./upgrade.ts";
import type { Opened } from "./websocket.ts";

export interface EngineOptions {
  /** Bytes of one incoming message. */
  maxPayload: number;
  /** Milliseconds. */
  pingInterval: number;
  /** Milliseconds. */
  pingTimeout: number;
  outlets: OutletLimits;
}

/** How a client says that it cannot take binary frames. */
const textOnly = /[?&]b64=/;

interface EngineEvents {
  connection: [socket: EngineSocket];
  /** An upgrade that is none of WebSocket's was refused. */
  upgradeRefused: [failure: Failure, request: IncomingMessage];
  /** A connection was ended that had sent no CONNECT. */
  connectMissing: [failure: Failure, request: IncomingMessage];
}

/**
 * The WebSockets of all dialects: it opens them, pings them, and knows what each has not taken. To Socket.IO's server,
 * which is bound to it, it is Engine.IO 4 for WebSocket alone (github.com/socketio/engine.io-protocol): no polling, no
 * upgrade from it, no compression.
 */
export class Engine extends EventEmitter<EngineEvents> {
  readonly #options: EngineOptions;
  readonly #heartbeat: Heartbeat;
  /** What every handshake says after the connection's id. */
  readonly #terms: string;
  #closing = false;

  constructor(options: EngineOptions) {
    super();
    const { maxPayload, pingInterval, pingTimeout } = options;
    this.#options = options;
    this.#terms = JSON.stringify({ upgrades: [], pingInterval, pingTimeout, maxPayload }).slice(1);
    this.#heartbeat = new Heartbeat({ interval: pingInterval, timeout: pingTimeout });
  }

  /** Pings connections from now on. */
  start(): void {
    this.#heartbeat.start();
  }

  /** Opens a connection that speaks Socket.IO. */
  handleUpgrade(request: IncomingMessage, head: Buffer): void {
    this.upgrade(request, head, ({ id, websocket, limits }) => {
      const Socket = textOnly.test(request.url ?? "") ? TextEngineSocket : EngineSocket;
      const opened = new Socket(id, websocket, request, limits);
      opened.onUnconnected = this.#missConnect;
      this.keep(opened);
      opened.sendText(`0{"sid":"${id}",${this.#terms}`);
      this.emit("connection", opened);
    });
  }

  /** @param open makes a connection of the WebSocket, and has it kept */
  upgrade(request: IncomingMessage, head: Buffer, open: (opened: Opened) => void): void {
    const { outlets: limits, maxPayload } = this.#options;
    const websocket = openWebSocket(request, head, maxPayload);
    if (websocket instanceof Failure) this.emit("upgradeRefused", websocket, request);
    else open({ id: newId(), websocket, request, limits });
  }

  /** Pings the connection until it ends. */
  keep(member: EngineMember): void {
    this.#heartbeat.add(member);
    member.onEnd = this.#forget;
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

  /** WebSockets that are open, by what they speak. */
  dialects(): [Dialect, number][] {
    const counts = new Map(dialects.map((dialect) => [dialect, 0]));
    for (const { dialect } of this.#heartbeat.sockets()) counts.set(dialect, (counts.get(dialect) ?? 0) + 1);
    return [...counts];
  }

  close(): void {
    this.#closing = true;
    this.#heartbeat.stop();
    for (const socket of this.#heartbeat.sockets()) socket.sendAway();
  }

  readonly #forget = (member: EngineMember): void => {
    this.#heartbeat.remove(member);
  };

  readonly #missConnect = (request: IncomingMessage, reason: EndReason, fault: Failure | undefined): void => {
    if (this.#closing) return;
    const failure = reason === "forced close" ? new Failure("timeout", "No CONNECT came in time.") : fault;
    // Without one the client has left by itself.
    if (failure) this.emit("connectMissing", failure, request);
  };
}

/** In the shape of Socket.IO's own ids. */
function newId(): string {
  return randomText(15, "base64url");
}
