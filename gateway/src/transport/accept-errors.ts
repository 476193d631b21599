import type { Server } from "node:net";
import { TokenBucket } from "../connection/token-bucket.ts";
import type { Log } from "../log.ts";

/** Lines a second: what the system is short of fails again at each turn of the event loop. */
const lines = 0.1;

/**
 * The system may have no memory or no descriptor for a connection that is to be taken. Without a listener the error of
 * a server that listens would end the process, and with it everybody who is connected.
 */
export function surviveAcceptErrors(server: Server, log: Log): void {
  const bucket = new TokenBucket(lines, 1);
  server.on("error", (error) => {
    if (bucket.take()) log.error({ err: error }, "a connection could not be taken");
  });
}
