import { Server } from "socket.io";
import { CoalescingAdapter, type FanoutOptions } from "../fanout/adapter.ts";
import type { Engine } from "./engine.ts";
import { createParser } from "./parser.ts";
import { engineSocketOf } from "./socket-wire.ts";

export interface SocketServerOptions {
  engine: Engine;
  /** Milliseconds from the WebSocket's opening to CONNECT. */
  connectTimeout: number;
  fanout: Omit<FanoutOptions, "outletOf">;
  /** Bytes of each message from a client. */
  onReceived(bytes: number): void;
}

/** The Socket.IO server, its rooms kept by the coalescing adapter. */
export function createSocketServer(options: SocketServerOptions): { io: Server; rooms: CoalescingAdapter } {
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
