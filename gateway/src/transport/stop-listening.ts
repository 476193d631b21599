/*
 * Ends the listening of a server without losing who is on the way to it. `app/stop.ts` calls it. Without it connections
 * that the system has taken already, and the last requests of those that were made, would be reset.
 */

import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds in which the request comes that a connection was made for. */
const firstRequestLimit = 250;

/** Milliseconds; a turn of the event loop that took no longer had nothing to do. */
const quiet = 0.1;
/**
 * Milliseconds in which a turn without anything to do is waited for, and one without a newcomer. With the time for the
 * first request they are less than the phase `listening` of ops/shutdown.ts may take.
 */
const waits = { quiet: 300, newcomer: 1_500 };

/**
 * Resolves right after a phase of the event loop in which the server found no connection to take. It takes one a
 * turn, however many the system has for it, and each that is left when listening ends is reset. A turn with nothing
 * else to do is preferred: the longer ago the server looked, the more may have come since.
 */
async function takeAll(server: Server): Promise<void> {
  const began = performance.now();
  let isNewcomer = false;
  const note = (): void => {
    isNewcomer = true;
  };
  server.on("connection", note).on("drop", note);
  // Of the turn in which this is called the phase may be over.
  await nextTurn();
  for (let isDone = false; !isDone; ) {
    isNewcomer = false;
    const before = performance.now();
    await nextTurn();
    const now = performance.now();
    const isQuiet = now - before <= quiet || now - began > waits.quiet;
    isDone = (isQuiet && !isNewcomer) || now - began > waits.newcomer;
  }
  server.off("connection", note).off("drop", note);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Takes no new connections, and serves the last that were made. An HTTP server's own `close` would also end the
 * connections whose request is still under way.
 */
export async function stopListening(server: Server): Promise<void> {
  await takeAll(server);
  const closed = new Promise((resolve) => server.once("close", resolve));
  NetServer.prototype.close.call(server);
  await Promise.race([closed, sleep(firstRequestLimit, undefined, { ref: false })]);
}

/** Stops listening. WebSockets that are still closing need no more of the server. */
export function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}
