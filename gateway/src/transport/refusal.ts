/*
 * Refuses a Socket.IO client whose handshake was not accepted. `clients.ts` calls it; the plain doors close with a code
 * instead. Clients differ in what they come back from, and without the pace of it would come back at once for ever.
 */

import type { Socket } from "socket.io";
import type { Failure } from "../errors.ts";
import { type HandshakeOptions, noteRefusal } from "./handshake.ts";
import { sendAway } from "./socket-wire.ts";

/** Milliseconds for which a client that may come back is kept waiting. */
const hold = { least: 1_000, most: 5_000 };

/**
 * Milliseconds. A client whose connection has opened begins its backoff anew, and would come back once a second, or at
 * once, for as long as the cause lasts. A node that drains has others beside it, to which it may go.
 */
function holdTime({ code }: Failure): number {
  return code === "draining" ? 0 : hold.least + Math.random() * (hold.most - hold.least);
}

/**
 * What will not get better is a CONNECT_ERROR that says why; the DISCONNECT after it is for clients of
 * version 3, which would come back otherwise. What may get better is an end of the connection without either, some
 * seconds later: clients come back by themselves.
 */
export function refuse(
  socket: Socket,
  failure: Failure,
  options: HandshakeOptions,
  next: (error?: Error) => void,
): void {
  noteRefusal(socket.request, failure, options);
  if (failure.retryable || failure.code === "internal") {
    // Socket.IO would answer the CONNECT where the connection is still open.
    setTimeout(() => {
      sendAway(socket);
      next();
    }, holdTime(failure)).unref();
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
