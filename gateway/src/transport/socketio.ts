import { Server } from "socket.io";
import { CoalescingAdapter, type FanoutOptions } from "../fanout/adapter.ts";
import type { Engine } from "./engine.ts";
import type { EngineSocket } from "./engine-socket.ts";
import { createParser } from "./parser.ts";
import { Members } from "./plain/members.ts";

export interface SocketServerOptions {
  engine: Engine;
  /** Milliseconds from the WebSocket's opening to CONNECT. */
  connectTimeout: number;
  fanout: FanoutOptions;
  /** Bytes of each message from a client. */
  onReceived(bytes: number): void;
}

export interface SocketServer {
  io: Server;
  rooms: CoalescingAdapter;
  /** Where clients of other dialects come into the same rooms. */
  members: Members;
}

/** The Socket.IO server, its rooms kept by the coalescing adapter. */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  let opening: EngineSocket | undefined;
  // Before Socket.IO's own listener, which makes the connection's decoder.
  options.engine.on("connection", (socket) => {
    opening = socket;
  });
  const io = new Server({
    serveClient: false,
    connectTimeout: options.connectTimeout,
    parser: createParser(options.onReceived, () => opening),
  });
  io.bind(options.engine);
  const { sockets } = io.of("/");
  const rooms = new CoalescingAdapter(io.of("/"), options.fanout);
  // Socket.IO calls it with `new`, which an arrow function does not take.
  io.adapter(function keepRooms(): CoalescingAdapter {
    return rooms;
  });
  return { io, rooms, members: new Members(sockets, rooms) };
}
