/*
 * The routes under `/v1` and what holds for all of them. A route that is not added here would answer without a key.
 */

import { requireKey } from "./api-keys.ts";
import { batchRoutes } from "./batch.ts";
import { channelRoutes } from "./channels.ts";
import { connectionRoutes } from "./connections.ts";
import { explainRoutes } from "./explain.ts";
import { historyRoutes } from "./history.ts";
import { hookRoutes } from "./hooks.ts";
import { nodeRoutes } from "./nodes.ts";
import { presenceRoutes } from "./presence.ts";
import { publishRoutes } from "./publish.ts";
import type { Api, ApiServices } from "./services.ts";
import { statsRoutes } from "./stats.ts";
import { tokenRoutes } from "./tokens.ts";

/** In the order of the documentation. */
const resources = [
  publishRoutes,
  batchRoutes,
  channelRoutes,
  historyRoutes,
  presenceRoutes,
  connectionRoutes,
  tokenRoutes,
  explainRoutes,
  nodeRoutes,
  statsRoutes,
  hookRoutes,
];

/** Everything under `/v1`, behind the keys. */
export function addResources(api: Api, services: ApiServices): void {
  api.addHook("onRequest", requireKey(services.keys));
  api.addHook("onRequest", (_request, reply, done) => {
    // Answers hold tokens and messages, which no cache on the way may keep.
    reply.header("cache-control", "no-store");
    done();
  });
  for (const add of resources) add(api, services);
}
