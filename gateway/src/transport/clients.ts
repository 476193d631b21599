import { performance } from "node:perf_hooks";
import type { DisconnectReason, Server, Socket } from "socket.io";
import type { Connection } from "../connection/connection.ts";
import type { Dispatcher } from "../connection/dispatcher.ts";
import type { Lifecycle } from "../connection/lifecycle.ts";
import type { Reply } from "../connection/request.ts";
import { Failure } from "../errors.ts";
import { closeReason } from "./close-reason.ts";
import { type Accepted, admit, type HandshakeOptions, refuse } from "./handshake.ts";
import { engineSocketOf, forgetHandshake, SocketWire } from "./socket-wire.ts";

export interface Sessions extends HandshakeOptions {
  lifecycle: Lifecycle;
  dispatcher: Dispatcher;
  /** The connection of a socket that was opened. */
  connectionOf(id: string): Connection | undefined;
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

function open(socket: Socket, accepted: Accepted & { started: number }, sessions: Sessions): void {
  const { identity, resume, started } = accepted;
  const wire = new SocketWire(socket, sessions.addressOf(socket.request));
  forgetHandshake(socket);
  sessions.lifecycle.open(wire, identity, resume, (performance.now() - started) / 1_000);
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
