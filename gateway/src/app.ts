import type { Server as HttpServer } from "node:http";
import { type AppOptions, type Context, createContext } from "./app/context.ts";
import { type Core, createCore } from "./app/core.ts";
import { openTokens } from "./app/login.ts";
import { openApiServer, openPublicServer } from "./app/servers.ts";
import { capacityWarning } from "./ops/descriptors.ts";
import { leave } from "./ops/drain.ts";
import { Rebalance } from "./ops/rebalance.ts";
import { surviveAcceptErrors } from "./transport/accept-errors.ts";
import { closeServer, listen, portOf, stopListening, whenLeft } from "./transport/http.ts";

/** One node: made without a connection or a timer, then started, drained and stopped. */
export interface App {
  /**
   * Starts what the node needs, then listens.
   *
   * @returns the ports that are listened on
   * @throws Failure `internal` where Redis cannot be used, Error where a port cannot be listened on
   */
  start(): Promise<{ port: number; adminPort: number }>;
  /**
   * Sends the clients to other nodes, over the drain window.
   *
   * @returns connections that had to be cut
   */
  drain(): Promise<number>;
  /** Ends what is left at once. */
  stop(): Promise<void>;
}

/** Milliseconds in which requests to the server API end that are under way when the node stops. */
const requestGrace = 2_000;

/** Wires one node of the gateway. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config } = options;
  const context = createContext(options);
  const tokens = await openTokens(context);
  const core = createCore(context, tokens);
  const publicServer = openPublicServer(context, core);
  const api = await openApiServer(context, core, tokens);
  const rebalance = evenOut(context, core);
  return {
    async start() {
      const { alarms, overload } = context;
      await core.backplane.start();
      for (const part of [alarms, overload, core.engine, core.metrics]) part.start();
      const host = await listen(publicServer, config.port, config.host);
      await api.listen({ port: config.adminPort, host: config.adminHost ?? host });
      for (const server of [publicServer, api.server]) surviveAcceptErrors(server, context.log);
      const warning = capacityWarning(context.openFiles, config.capacity);
      if (warning) context.log.warn({}, warning);
      if (config.rebalance) rebalance.start();
      return { port: portOf(publicServer), adminPort: portOf(api.server) };
    },
    drain: () => drain(context, core, [publicServer, api.server]),
    async stop() {
      context.state.draining = true;
      rebalance.stop();
      for (const connection of context.registry.all()) core.lifecycle.end(connection, "draining", true);
      core.engine.close();
      await Promise.all([publicServer, api.server].map(stopListening));
      closeServer(publicServer);
      const late = setTimeout(() => api.server.closeAllConnections(), requestGrace);
      await api.close();
      clearTimeout(late);
      core.rooms.close();
      context.alarms.stop();
      context.overload.stop();
      core.metrics.stop();
      await core.backplane.stop();
    },
  };
}

function evenOut(
  { config, log, state, registry }: Context,
  { backplane, lifecycle, meter }: Core,
): Rebalance {
  return new Rebalance({
    node: config.nodeId,
    steady: () => !state.draining && backplane.healthy(),
    nodes: () => backplane.control.nodes(),
    connections: () => registry.all(),
    release: (connection, after) => lifecycle.release(connection, "draining", after),
    onReleased: meter.rebalanced,
    onFailure: (error) => log.warn({ err: error }, "the nodes could not be compared"),
  });
}

async function drain(
  { config, state, registry }: Context,
  { lifecycle, meter }: Core,
  servers: readonly HttpServer[],
): Promise<number> {
  state.draining = true;
  state.connectionsBefore = registry.size;
  return leave({
    window: config.drainWindow,
    connections: () => registry.all(),
    release: (connection, after) => lifecycle.release(connection, "draining", after),
    everybodyLeft: async (limit) => {
      await Promise.all(servers.map((server) => whenLeft(server, limit)));
    },
    force(left) {
      meter.drainForced(left.length);
      for (const connection of left) lifecycle.end(connection, "draining", true);
    },
  });
}
