/*
 * Wires the rooms in the order in which they need each other. The one knot is here: the channels and the clients need
 * the backplane, which reports losses to them and executes commands on them. The functions of `host` untie it; messages
 * do not go through them, since a feed is given to the broker as it subscribes.
 */

import type { Tokens } from "../auth/token.ts";
import type { BackplaneHost } from "../backplane/ports.ts";
import { Admission } from "../ops/admission.ts";
import { createMetrics } from "../ops/metrics.ts";
import { version } from "../version.ts";
import { createChannels } from "./channels.ts";
import { createClients } from "./clients.ts";
import type { Context } from "./context.ts";
import { createReports } from "./reports.ts";
import { createSockets } from "./sockets.ts";
import { openTold } from "./telling.ts";

/** The rooms between the backplane and the clients. */
export function createCore(context: Context, tokens: Tokens) {
  const { config, shutdown, overload } = context;
  const metrics = createMetrics();
  const { meter } = metrics;
  // The two need each other. The backplane calls nothing of this before its start, when all of it is there.
  const host: BackplaneHost = {
    lost(channel, resumed) {
      channels.feeds.lost(channel, resumed);
      clients.gaps.lost(channel, resumed);
    },
    target: {
      execute: (command) => clients.commands.execute(command),
      report: (kind, about) => reports.report(kind, about),
      describe: () => clients.commands.describe(),
    },
  };
  const { backplane, teller } = openTold(context, { host, tokenLifetime: tokens.lifetime, meter });
  const sockets = createSockets(context, { meter, peers: backplane.peers });
  const { rooms } = sockets;
  const channels = createChannels(context, {
    backplane,
    rooms,
    members: (room) => rooms.rooms.get(room)?.size ?? 0,
    meter,
  });
  const clients = createClients(context, { tokens, backplane, channels, rooms, meter });
  // An emitter that takes a socket out of a room ends a subscription, of which the client has to hear.
  rooms.attend(clients.commands);
  const admission = new Admission({
    draining: () => shutdown.draining,
    healthy: () => backplane.healthy(),
    shortage: () => overload.shortage,
    rate: config.handshakeRate,
    onRefused: meter.turnedAway,
  });
  const describe = () => clients.commands.describe();
  const reports = createReports(context, { ...channels, backplane, rooms, metrics, admission, describe });
  const { figures } = reports;
  // Last, since it reads what all the rooms hold.
  const core = { backplane, teller, meter, metrics, figures, admission, ...sockets, ...channels, ...clients };
  observe(context, core);
  return core;
}

type Observed = Pick<Core, "backplane" | "engine" | "feeds" | "metrics" | "subscriptions">;

/** Has the metrics read what the node is and holds. */
function observe({ config, registry, shutdown, overload }: Context, core: Observed): void {
  const { backplane, engine, feeds, metrics, subscriptions } = core;
  metrics.observe({
    version,
    connections: () => registry.size,
    dialects: () => engine.dialects(),
    subscriptions: () => subscriptions.count,
    channels: () => feeds.size,
    capacity: config.capacity,
    memoryLimit: overload.memoryLimit,
    backlog: () => engine.backlog(),
    draining: () => shutdown.draining,
    healthy: () => backplane.healthy(),
    backplane: () => backplane.status(),
    connectionsBeforeDrain: () => shutdown.connectionsBefore,
  });
}

export type Core = ReturnType<typeof createCore>;
