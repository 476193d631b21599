import type { Server as HttpServer } from "node:http";
import { createApiServer } from "../api/server.ts";
import type { Tokens } from "../auth/token.ts";
import { socketBounds } from "../ops/descriptors.ts";
import { addressReader } from "../transport/address.ts";
import { acceptClients } from "../transport/clients.ts";
import { createPublicServer } from "../transport/http.ts";
import { originCheck } from "../transport/origins.ts";
import { createRefusalLog } from "../transport/refusal-log.ts";
import { version } from "../version.ts";
import type { Context } from "./context.ts";
import type { Core } from "./core.ts";

/** The public port, and what happens to those who come through it. */
export function openPublicServer(context: Context, core: Core): HttpServer {
  const { config, log, openFiles, openSockets } = context;
  const { authenticator, lifecycle, dispatcher, admission, meter, engine } = core;
  const addressOf = addressReader(config.trustedProxies);
  const logRefusal = createRefusalLog(log, addressOf);
  acceptClients(core.io, {
    authenticator,
    lifecycle,
    dispatcher,
    obstacle: () => admission.obstacle(),
    addressOf,
    maxDepth: config.maxDepth,
    meter,
    log,
  });
  const server = createPublicServer({
    upgradeObstacle: () => admission.upgradeObstacle(),
    isOriginAllowed: originCheck(config.allowedOrigins, !config.production),
    onRefused(failure, request) {
      meter.refused(failure.code);
      logRefusal(failure, request);
    },
    upgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  });
  openSockets.watch(server, socketBounds(openFiles).most, () => meter.refused(admission.drop().code));
  return server;
}

/** The admin port. */
export async function openApiServer(context: Context, core: Core, tokens: Tokens) {
  const { config, log, now, shutdown, apiSockets } = context;
  const { publisher, history, presence, rules, backplane, admission } = core;
  const { registry: metrics } = core.metrics;
  const api = await createApiServer({
    publisher,
    history,
    presence,
    rules,
    control: backplane.control,
    revocations: backplane.revocations,
    tokens,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
    ready: () => admission.unready(),
    draining: () => shutdown.draining,
    keys: config.apiKeys,
    version,
    log,
    now,
    maxPayload: config.maxPayload,
  });
  apiSockets.watch(api.server);
  return api;
}
