import { WebSocket } from "socket.io-client";
import type { Host } from "./host.ts";
import { HostSocket } from "./host-socket.ts";

/** The official client's WebSocket transport on a host's sockets. */
export function transportOf(host: Host): typeof WebSocket {
  return class HostTransport extends WebSocket {
    override createSocket(url: string) {
      return new HostSocket(host, url);
    }
  };
}
