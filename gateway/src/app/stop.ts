/*
 * What each phase of a node's end does; `ops/shutdown.ts` has their order and bounds. A step that is put into another
 * phase may run without its time, or after what it needs has ended.
 */

import type { Server as HttpServer } from "node:http";
import type { FastifyInstance } from "fastify";
import { cutLeft, drainConnections } from "../ops/drain.ts";
import { closeServer, stopListening } from "../transport/stop-listening.ts";
import type { Context } from "./context.ts";
import type { Core } from "./core.ts";

/**
 * Sends the clients to other nodes, while those who are left are served, and callers of the server API.
 *
 * @returns connections that had to be cut
 */
export async function drainNode(context: Context, { lifecycle, meter }: Core): Promise<number> {
  const { config, registry, shutdown, openSockets, apiSockets } = context;
  const connections = () => registry.all();
  let cut = 0;
  await shutdown.run({
    drain: () =>
      drainConnections({
        window: config.drainWindow,
        connections,
        release: (connection, after) => lifecycle.release(connection, "draining", after),
      }),
    peers: () => Promise.all([openSockets.whenNone(), apiSockets.whenNone()]),
    async cut() {
      const force = () => endAll(context, lifecycle);
      cut = await cutLeft({ count: () => registry.size, force, onForced: meter.drainForced });
    },
  });
  return cut;
}

export interface Parts {
  publicServer: HttpServer;
  api: FastifyInstance;
  /** The parts that look at the other nodes. */
  watchers: readonly { stop(): void }[];
}

/** Ends what is left at once, in the order that nothing needs what has ended before it. */
export async function stopNode(context: Context, core: Core, parts: Parts): Promise<void> {
  const { shutdown, alarms, overload } = context;
  const { engine, lifecycle, rooms, metrics, figures, backplane, backend, teller } = core;
  let handedOver: Promise<void> | undefined;
  const { publicServer, api, watchers } = parts;
  await shutdown.run({
    async listening() {
      for (const watcher of watchers) watcher.stop();
      endAll(context, lifecycle);
      engine.close();
      // Other nodes tell what is left, and what the end of these connections adds.
      handedOver = teller.stop();
      await Promise.all([publicServer, api.server].map(stopListening));
    },
    async api() {
      closeServer(publicServer);
      await Promise.all([api.close(), handedOver]);
    },
    async backplane() {
      // Whoever has no answer by now gets none.
      api.server.closeAllConnections();
      rooms.close();
      backend?.close();
      for (const part of [alarms, overload, metrics, figures]) part.stop();
      await backplane.stop();
    },
  });
}

function endAll({ registry }: Context, lifecycle: Core["lifecycle"]): void {
  for (const connection of registry.all()) lifecycle.end(connection, "draining", true);
}
