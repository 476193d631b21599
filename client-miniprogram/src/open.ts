import { Manager } from "socket.io-client";
import type { Io } from "./options.ts";
import type { IoSocket, OpenSocket } from "./session.ts";
import type { Host } from "./transports/host.ts";
import { transportOf } from "./transports/transport.ts";

/** Opens sockets of the official client on the host's own. */
export function officialOpener(url: string, path: string, host: Host): OpenSocket {
  const transport = transportOf(host);
  return (auth) => {
    const manager = new Manager(url, {
      path: inAscii(path),
      transports: [transport],
      reconnection: false,
      timeout: false as unknown as number,
    });
    return manager.socket("/", { auth }) as unknown as IoSocket;
  };
}

/** Opens sockets of another Socket.IO client, on whatever it finds itself. */
export function foreignOpener(url: string, path: string, io: Io): OpenSocket {
  const open = io as (url: string, options: object) => IoSocket;
  // What stands behind the host would be a namespace to it.
  const [origin] = /^\w+:\/\/[^/?#]*/.exec(url) || [url];
  return (auth) =>
    open(origin, {
      path: inAscii(path),
      auth,
      forceNew: true,
      reconnection: false,
      timeout: false,
      transports: ["websocket"],
    });
}

/** iPhones fail to open an address that has other characters. */
function inAscii(path: string): string {
  return path.replace(/[^\u0020-\u007e]+/g, encodeURIComponent);
}
