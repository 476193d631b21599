/*
 * The package's entry: `connect`, and the types that pages name. It finds the host, keeps one client for each gateway,
 * and makes what the client is made of. A second client of one gateway would take a second of the five sockets that a
 * mini-program may have.
 */

import { checkConnect } from "./check-options.ts";
import { Tide } from "./client.ts";
import { systemClock } from "./clock.ts";
import { failure } from "./errors.ts";
import { safeLog } from "./log.ts";
import { Login } from "./login.ts";
import { foreignOpener, hostOpener, placeOf } from "./open.ts";
import type { ConnectOptions } from "./options.ts";
import { gatewayName } from "./socketio/address.ts";
import { detectHost } from "./transports/detect.ts";
import type { Host } from "./transports/host.ts";

export type { Channel, ChannelEvents, ChannelOptions, HistoryQuery } from "./channel.ts";
export type { Tide, TideEvents } from "./client.ts";
export type { Clock } from "./clock.ts";
export { TideError } from "./errors.ts";
export type { Log, LogDetail, LogEvent } from "./log.ts";
export type { ConnectOptions } from "./options.ts";
export type { Published, PublishOptions } from "./outbox.ts";
export type { HistoryReply, Message, PresenceUser } from "./protocol.ts";
export type { State } from "./session-keeper.ts";
export type { Host } from "./transports/host.ts";

/** The clients that are open, by what they run on, then by the name of their gateway. */
const clients = new Map<unknown, Map<string, Tide>>();

/**
 * The app's connection to a gateway. Every call with the same address returns the same client until that one
 * is closed, so each page can call it. A slash at the end, a path, upper case and the usual port make no other address.
 *
 * @param url `wss://host`, as the mini-program's list of socket domains has it
 * @throws TideError `bad_request` where the address or an option is wrong, or the platform has no sockets that are known
 */
export function connect(url: string, options: ConnectOptions = {}): Tide {
  checkConnect(url, options);
  const host = options.host || detectHost();
  const place = options.io || host;
  const open = clients.get(place) || new Map<string, Tide>();
  clients.set(place, open);
  const name = gatewayName(url);
  const known = open.get(name);
  if (known) return known;
  const tide = create(url, options, host, () => {
    open.delete(name);
    if (open.size === 0) clients.delete(place);
  });
  open.set(name, tide);
  return tide;
}

function create(url: string, options: ConnectOptions, host: Host | undefined, onClosed: () => void): Tide {
  const { io, login, token, auth, storage, path = "/socket.io", clock = systemClock } = options;
  if (!io && !host) throw failure("bad_request", "No sockets here: pass the platform's object as `host`.");
  const key = storage === true ? `tidegate:${gatewayName(url)}` : storage;
  return new Tide({
    address: placeOf(url, path),
    log: safeLog(options.log),
    open: io ? foreignOpener(url, path, io) : hostOpener(url, path, host as NonNullable<typeof host>, clock),
    login: new Login({ host, clock, login, token, auth }),
    host,
    clock,
    storage: key ? { host, key, clock } : undefined,
    outbox: Object.assign({ size: 100, age: 600_000, bytes: 64_512 }, options.outbox),
    onClosed,
  });
}
