import type { Tokens } from "../auth/token.ts";
import { openBackplane } from "../backplane/open.ts";
import type { BackplaneHost } from "../backplane/ports.ts";
import { Admission } from "../ops/admission.ts";
import { createMetrics } from "../ops/metrics.ts";
import { version } from "../version.ts";
import { createChannels } from "./channels.ts";
import { createClients } from "./clients.ts";
import type { Context } from "./context.ts";
import { createSockets } from "./sockets.ts";

/** The rooms between the cluster and the clients; deliveries come out of the one and go to the other. */
export async function createCore(context: Context, tokens: Tokens) {
  const { config, registry, state, overload } = context;
  const { meter, registry: metrics } = createMetrics({
    version,
    connections: () => registry.size,
    subscriptions: () => channels.subscriptions.count,
    channels: () => channels.feeds.size,
    capacity: config.capacity,
    memoryLimit: overload.memoryLimit,
    backlog: () => sockets.engine.backlog(),
    draining: () => state.draining,
    healthy: () => backplane.healthy(),
    backplane: () => backplane.status(),
    connectionsBeforeDrain: () => state.connectionsBefore,
  });
  const host: BackplaneHost = {
    deliver: (delivery) => channels.feeds.receive(delivery),
    lost(channel, resumed) {
      channels.feeds.lost(channel, resumed);
      clients.gaps.lost(channel, resumed);
    },
    target: {
      execute: (command) => clients.commands.execute(command),
      describe: () => clients.commands.describe(),
    },
  };
  const backplane = await openBackplane(host, { ...context, tokenLifetime: tokens.lifetime, meter });
  const sockets = createSockets(context, {
    meter,
    peers: backplane.peers,
    connections: {
      leave: (id, channel) => clients.commands.leave(id, channel),
      end: (id) => clients.commands.end(id),
    },
  });
  const { rooms } = sockets;
  const channels = createChannels(context, { backplane, rooms, meter });
  const clients = createClients(context, { tokens, backplane, channels, rooms, meter });
  const admission = new Admission({
    draining: () => state.draining,
    healthy: () => backplane.healthy(),
    shortage: () => overload.shortage,
    rate: config.handshakeRate,
    onRefused: meter.turnedAway,
  });
  return { backplane, meter, metrics, admission, ...sockets, ...channels, ...clients };
}

export type Core = Awaited<ReturnType<typeof createCore>>;
