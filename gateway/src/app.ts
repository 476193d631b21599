/*
 * One node as a whole: `main.ts` makes it, starts it and stops it, tests run several in one process. It decides
 * nothing; each part is wired in `app/`.
 */

import type { Server as HttpServer } from "node:http";
import { Server as HttpsServer } from "node:https";
import { type AppOptions, type Context, createContext } from "./app/context.ts";
import { type Core, createCore } from "./app/core.ts";
import { listenOnBoth } from "./app/listening.ts";
import { openTokens } from "./app/login.ts";
import { openApiServer, openPublicServer } from "./app/servers.ts";
import { drainNode, stopNode } from "./app/stop.ts";
import { chainWarning } from "./config/tls-pair.ts";
import { capacityWarning } from "./ops/descriptors.ts";
import { PacedStart } from "./ops/paced-start.ts";
import { Rebalance } from "./ops/rebalance.ts";
import { surviveAcceptErrors } from "./transport/accept-errors.ts";
import { Certificate } from "./transport/certificate.ts";

/** One node: made without a connection or a timer, then started, drained and stopped. */
export interface App {
  /**
   * Starts what the node needs, then listens.
   *
   * @returns the ports that are listened on
   * @throws Failure `internal` where Redis cannot be used, or a port cannot be listened on
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

/** Wires one node of the gateway. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config } = options;
  const context = createContext(options);
  const tokens = await openTokens(context);
  const core = createCore(context, tokens);
  const publicServer = openPublicServer(context, core);
  const { pacedStart, rebalance } = peerWatchers(context, core);
  const api = await openApiServer(context, core, tokens, () =>
    config.pacedStart ? pacedStart.obstacle() : undefined,
  );
  const certificate = watchCertificate(context, publicServer);
  return {
    async start() {
      const { alarms, overload, openFiles, log } = context;
      await core.backplane.start();
      for (const part of [alarms, overload, core.engine, core.metrics, core.figures, core.teller])
        part.start();
      const ports = await listenOnBoth(config, publicServer, api);
      for (const server of [publicServer, api.server]) surviveAcceptErrors(server, log);
      const warning = capacityWarning(openFiles, config.capacity);
      if (warning) log.write("config_doubtful", { warning });
      if (config.pacedStart) pacedStart.start();
      if (config.rebalance) rebalance.start();
      certificate?.start();
      return ports;
    },
    drain: () => drainNode(context, core),
    stop() {
      const watchers = [pacedStart, rebalance, ...(certificate ? [certificate] : [])];
      return stopNode(context, core, { publicServer, api, watchers });
    },
  };
}

/** @returns undefined where the public port has no TLS */
function watchCertificate({ tls, log, now }: Context, server: HttpServer): Certificate | undefined {
  if (!tls || !(server instanceof HttpsServer)) return undefined;
  const warning = chainWarning(tls.pair);
  if (warning) log.write("config_doubtful", { warning });
  return new Certificate({ ...tls, server, log, now });
}

/** The parts that look at the other nodes from time to time. */
function peerWatchers(
  { config, log, shutdown, registry }: Context,
  { backplane, lifecycle, meter }: Core,
): { pacedStart: PacedStart; rebalance: Rebalance } {
  const { nodeId: node, capacity } = config;
  const nodes = () => backplane.control.nodes();
  const onFailure = (error: unknown) => log.write("load_not_compared", { cause: error });
  const pacedStart = new PacedStart({ node, capacity, nodes, onFailure });
  const rebalance = new Rebalance({
    node,
    capacity,
    steady: () => !shutdown.draining && backplane.healthy(),
    nodes,
    connections: () => registry.all(),
    release: (connection, after) => lifecycle.release(connection, "draining", after),
    onReleased: meter.rebalanced,
    onFailure,
  });
  return { pacedStart, rebalance };
}
