import type { Server } from "node:net";
import type { Log } from "../log.ts";
import { ThrottledLog } from "../throttled-log.ts";

/**
 * The system may have no memory or no descriptor for a connection that is to be taken. Without a listener the error of
 * a server that listens would end the process, and with it everybody who is connected.
 */
export function surviveAcceptErrors(server: Server, log: Log): void {
  // What the system is short of fails again at each turn of the event loop.
  const throttledLog = new ThrottledLog(log);
  server.on("error", (error) => throttledLog.warn("accept_failed", error));
}
