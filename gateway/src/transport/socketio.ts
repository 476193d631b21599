import { performance } from "node:perf_hooks";
import { type DisconnectReason, Server, type Socket } from "socket.io";
import type { Handshake, Identity } from "../auth/handshake.ts";
import type { Connection, Wire } from "../connection/connection.ts";
import type { Dispatcher } from "../connection/dispatcher.ts";
import type { Lifecycle } from "../connection/lifecycle.ts";
import type { Reply } from "../connection/requests.ts";
import { Failure } from "../errors.ts";
import { CoalescingAdapter, type FanoutOptions } from "../fanout/adapter.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import { isDeeperThan } from "../protocol/json.ts";
import { parse } from "../protocol/parse.ts";
import { handshakeRequest, type SubscriptionItem } from "../protocol/requests.ts";
import { closeReason } from "./close-reason.ts";
import type { Engine } from "./engine.ts";
import { EngineSocket } from "./engine-socket.ts";
import { createParser } from "./parser.ts";

export interface DoorOptions {
  engine: Engine;
  /** Milliseconds from the WebSocket's opening to CONNECT. */
  connectTimeout: number;
  fanout: Omit<FanoutOptions, "outletOf">;
  /** Bytes of each message from a client. */
  onReceived(bytes: number): void;
}

export interface Sessions {
  handshake: Handshake;
  lifecycle: Lifecycle;
  dispatcher: Dispatcher;
  /** The connection of a socket that was opened. */
  connectionOf(id: string): Connection | undefined;
  /** Why a handshake that passed the upgrade cannot be served now. */
  admit(): Failure | undefined;
  /** The address of the client, seen through trusted proxies. */
  addressOf(request: Socket["request"]): string;
  /** Levels of nesting in the handshake's `auth`. */
  maxDepth: number;
  meter: Meter;
  log: Log;
}

interface Accepted {
  identity: Identity;
  resume: readonly SubscriptionItem[];
}

/** The Socket.IO server, its rooms kept by the coalescing adapter. */
export function createSocketServer(options: DoorOptions): { io: Server; rooms: CoalescingAdapter } {
  const io = new Server({
    serveClient: false,
    connectTimeout: options.connectTimeout,
    parser: createParser(options.onReceived),
  });
  io.bind(options.engine);
  const { sockets } = io.of("/");
  const outletOf = (id: string) => engineSocketOf(sockets.get(id));
  const rooms = new CoalescingAdapter(io.of("/"), { ...options.fanout, outletOf });
  // Socket.IO calls it with `new`, which an arrow function does not take.
  io.adapter(function keepRooms(): CoalescingAdapter {
    return rooms;
  });
  return { io, rooms };
}

/** Lets clients in, and hands what they do to their connections. */
export function acceptClients(io: Server, sessions: Sessions): void {
  const pending = new WeakMap<Socket, Accepted & { started: number }>();
  const onAny = function (this: Socket, event: unknown, ...args: unknown[]): void {
    receive(sessions.connectionOf(this.id), sessions.dispatcher, event, args);
  };
  const onDisconnect = function (this: Socket, reason: DisconnectReason): void {
    const connection = sessions.connectionOf(this.id);
    const slow = engineSocketOf(this)?.slow ?? false;
    if (connection) sessions.lifecycle.closed(connection, closeReason(reason, slow));
  };
  io.use((socket, next) => {
    const started = performance.now();
    admit(socket, sessions).then(
      (accepted) => {
        pending.set(socket, { ...accepted, started });
        next();
      },
      (thrown: unknown) => refuse(socket, Failure.of(thrown), sessions, next),
    );
  });
  io.on("connection", (socket) => {
    const accepted = pending.get(socket);
    pending.delete(socket);
    if (!accepted) return;
    open(socket, accepted, sessions);
    // One listener for all sockets: each finds its connection by the socket that it is called on.
    socket.onAny(onAny);
    socket.on("disconnect", onDisconnect);
  });
}

async function admit(socket: Socket, sessions: Sessions): Promise<Accepted> {
  const refusal = sessions.admit();
  if (refusal) throw refusal;
  const { auth } = socket.handshake;
  if (isDeeperThan(auth, sessions.maxDepth)) {
    throw new Failure("bad_request", `\`auth\` nests deeper than ${sessions.maxDepth} levels.`);
  }
  const request = parse(handshakeRequest, auth);
  return { identity: await sessions.handshake.identify(request, socket.id), resume: request.resume ?? [] };
}

/**
 * What will not get better is a CONNECT_ERROR that says why; the DISCONNECT behind it is for clients of
 * version 3, which would come back otherwise. What may get better is a close without either: clients
 * come back by themselves.
 */
function refuse(socket: Socket, failure: Failure, sessions: Sessions, next: (error?: Error) => void): void {
  const { meter, log } = sessions;
  meter.refused(failure.code);
  const level = failure.code === "internal" ? "error" : "info";
  log[level](
    { code: failure.code, cause: causeOf(failure), address: sessions.addressOf(socket.request) },
    "refused",
  );
  if (failure.retryable || failure.code === "internal") {
    socket.conn.close();
    next();
    return;
  }
  next(Object.assign(new Error(failure.message), { data: failure.body }));
  // Socket.IO writes the CONNECT_ERROR in the next tick.
  setImmediate(() => {
    if (socket.conn.readyState === "open") socket.conn.write(disconnectPacket);
    socket.conn.close();
  });
}

const disconnectPacket = "1";

function causeOf({ cause, message }: Failure): string {
  if (typeof cause === "string") return cause;
  return cause instanceof Error ? cause.message : message;
}

function open(socket: Socket, accepted: Accepted & { started: number }, sessions: Sessions): void {
  const { identity, resume, started } = accepted;
  const wire = new SocketWire(socket, sessions.addressOf(socket.request));
  forgetHandshake(socket);
  sessions.lifecycle.open(wire, identity, resume, (performance.now() - started) / 1_000);
}

const forgotten = Object.freeze({
  headers: {},
  time: "",
  address: "",
  xdomain: false,
  secure: false,
  issued: 0,
  url: "",
  query: {},
  auth: {},
});

/** Neither the token nor the headers are needed any more; they would stay for as long as the connection. */
function forgetHandshake(socket: Socket): void {
  Object.assign(socket, { handshake: forgotten });
  const engineSocket = engineSocketOf(socket);
  if (engineSocket) engineSocket.request = undefined;
}

function receive(
  connection: Connection | undefined,
  dispatcher: Dispatcher,
  event: unknown,
  args: unknown[],
): void {
  if (!connection) return;
  const last = args.at(-1);
  const acknowledge = typeof last === "function" ? (last as Reply) : undefined;
  const payload = args[0] === acknowledge ? undefined : args[0];
  void dispatcher.dispatch(connection, typeof event === "string" ? event : undefined, payload, acknowledge);
}

/** A Socket.IO socket as a connection's wire. */
class SocketWire implements Wire {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
  readonly #socket: Socket;

  constructor(socket: Socket, address: string) {
    this.id = socket.id;
    this.address = address;
    this.agent = (socket.handshake.headers["user-agent"] ?? "").slice(0, 256);
    this.#socket = socket;
  }

  send(event: string, payload: object): void {
    this.#socket.emit(event, payload);
  }

  close(): void {
    this.#socket.conn.close();
  }

  disconnect(): void {
    this.#socket.disconnect(true);
  }
}

function engineSocketOf(socket: Socket | undefined): EngineSocket | undefined {
  const connection: unknown = socket?.conn;
  return connection instanceof EngineSocket ? connection : undefined;
}
