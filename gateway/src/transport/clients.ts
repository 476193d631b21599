import type { DisconnectReason, Server, Socket } from "socket.io";
import type { Connection } from "../connection/connection.ts";
import type { Dispatcher } from "../connection/dispatcher.ts";
import type { Lifecycle } from "../connection/lifecycle.ts";
import { Failure } from "../errors.ts";
import { closeReason } from "./close-reason.ts";
import { type Accepted, admit, type HandshakeOptions } from "./handshake.ts";
import { refuse } from "./refusal.ts";
import { engineSocketOf, forgetHandshake, SocketWire } from "./socket-wire.ts";

export interface Sessions extends HandshakeOptions {
  lifecycle: Lifecycle;
  dispatcher: Dispatcher;
}

/**
 * What the gateway keeps in a socket's `data`, Socket.IO's own place for it. The value is private: Socket.IO copies
 * the enumerable members of `data` to every node that fetches sockets, and an identity must not go there.
 */
class Sealed<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }
}

/** What `data` holds from the handshake until the socket is a connection. */
type Arrival = Accepted & { started: number };

/** Lets clients in, and hands what they do to their connections. */
export function acceptClients(io: Server, sessions: Sessions): void {
  // One listener for all sockets: each finds its connection by the socket that it is called on.
  const onAny = function (this: Socket, event: unknown, ...args: unknown[]): void {
    receive(connectionOf(this), sessions.dispatcher, event, args);
  };
  const anyListeners = [onAny];
  const onDisconnect = function (this: Socket, reason: DisconnectReason): void {
    sessions.lifecycle.closed(connectionOf(this), closeReason(reason, engineSocketOf(this)));
  };
  io.use((socket, next) => {
    const started = performance.now();
    admit(socket, sessions).then(
      (accepted) => {
        socket.data = new Sealed<Arrival>({ ...accepted, started });
        next();
      },
      (thrown: unknown) => refuse(socket, Failure.of(thrown), sessions, next),
    );
  });
  io.on("connection", (socket) => {
    // Whom `refuse` had closed without a word comes through here too.
    if (!(socket.data instanceof Sealed)) return;
    const { value: arrival }: Sealed<Arrival> = socket.data;
    const connection = open(socket, arrival, sessions);
    socket.data = new Sealed(connection);
    forgetHandshake(socket, anyListeners);
    socket.on("disconnect", onDisconnect);
    // Not before the listeners: a client that is sent away instead would never be known to have gone.
    sessions.lifecycle.welcome(connection, arrival.resume);
  });
}

function open(socket: Socket, arrival: Arrival, sessions: Sessions): Connection {
  const { identity, started } = arrival;
  const wire = new SocketWire(socket, sessions.addressOf(socket.request));
  return sessions.lifecycle.open(wire, identity, (performance.now() - started) / 1_000);
}

function connectionOf(socket: Socket): Connection {
  const { value }: Sealed<Connection> = socket.data;
  return value;
}

type Acknowledge = Parameters<Dispatcher["dispatch"]>[3];

function receive(connection: Connection, dispatcher: Dispatcher, event: unknown, args: unknown[]): void {
  // Socket.IO hands on what it read in the turn in which the socket closed.
  if (connection.closed) return;
  const last = args.at(-1);
  const acknowledge = typeof last === "function" ? (last as Acknowledge) : undefined;
  const payload = args[0] === acknowledge ? undefined : args[0];
  void dispatcher.dispatch(connection, typeof event === "string" ? event : undefined, payload, acknowledge);
}
