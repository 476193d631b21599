/*
 * Makes the sockets of `Session`: on the host's own, or by another Socket.IO client that the page brings. Everything
 * after it sees one interface, IoSocket.
 */

import type { Clock } from "./clock.ts";
import { withoutSecrets } from "./log.ts";
import type { Io } from "./options.ts";
import type { IoSocket, OpenSocket } from "./session.ts";
import { engineAddress, inAscii } from "./socketio/address.ts";
import { HostIoSocket } from "./socketio/host-io-socket.ts";
import type { Host } from "./transports/host.ts";

/** Where the gateway is, as a log may have it. */
export function placeOf(url: string, path: string): string {
  return withoutSecrets(engineAddress(url, path));
}

/** Opens Socket.IO sockets on the host's own. */
export function hostOpener(url: string, path: string, host: Host, clock: Clock): OpenSocket {
  const address = engineAddress(url, path);
  return (auth) => new HostIoSocket(host, address, clock, auth);
}

/** Opens sockets of another Socket.IO client, on the platform that it detects itself. */
export function foreignOpener(url: string, path: string, io: Io): OpenSocket {
  const open = io as (url: string, options: object) => IoSocket;
  // What follows the host would be a namespace to it.
  const [origin] = /^\w+:\/\/[^/?#]*/.exec(url) || [url];
  return (auth) =>
    open(origin, {
      path: inAscii(path),
      auth,
      // One manager for each socket, which does not come back by itself: SessionKeeper decides when to.
      forceNew: true,
      reconnection: false,
      timeout: false,
      transports: ["websocket"],
    });
}
