/*
 * Wires the two ports, the public one for clients and the admin one for backends. Nothing else of the node is reached
 * from outside.
 */

import type { Server as HttpServer, IncomingMessage } from "node:http";
import { createApiServer } from "../api/server.ts";
import type { Tokens } from "../auth/token.ts";
import { Verifier } from "../auth/verifier.ts";
import type { Failure } from "../errors.ts";
import { socketBounds } from "../ops/descriptors.ts";
import { addressReader } from "../transport/address.ts";
import { acceptClients, type Sessions } from "../transport/clients.ts";
import { createPublicServer } from "../transport/http.ts";
import { isOfPort, type OriginCheck, originCheck } from "../transport/origins.ts";
import { PlainDoors, type PlainDoorsOptions } from "../transport/plain/doors.ts";
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
  const sessions: Sessions = {
    authenticator,
    lifecycle,
    dispatcher,
    obstacle: () => admission.obstacle(),
    burden: (address, channels) => admission.burden(address, channels),
    onRefused: (address) => admission.noteRefused(address),
    addressOf,
    maxDepth: config.maxDepth,
    meter,
    log,
  };
  acceptClients(core.io, sessions);
  const onRefused = (failure: Failure, request: IncomingMessage) => {
    meter.refused(failure.code);
    logRefusal(failure, request);
  };
  const onConnectMissing = (failure: Failure, request: IncomingMessage) => {
    meter.refused(failure.code);
    logRefusal(failure, request, "connect_missing");
  };
  engine.on("upgradeRefused", onRefused);
  engine.on("connectMissing", onConnectMissing);
  const doors = openPlainDoors(context, core, { ...sessions, onConnectMissing });
  const server = createPublicServer({
    tls: context.tls?.pair,
    unready: () => admission.unready(),
    upgradeObstacle: (request) => admission.upgradeObstacle(addressOf(request)),
    isOriginAllowed: withConsole(context, originCheck(config.allowedOrigins, !config.production)),
    onRefused,
    upgrade(request, head, dialect) {
      if (dialect === "socketio") engine.handleUpgrade(request, head);
      else engine.upgrade(request, head, (opened) => doors.accept(dialect, opened));
    },
  });
  openSockets.watch(server, socketBounds(openFiles).most, () => meter.refused(admission.drop().code));
  return server;
}

/** In development the console tries out the public port, whatever origins are named. */
function withConsole({ config, apiSockets }: Context, isAllowed: OriginCheck): OriginCheck {
  if (config.production) return isAllowed;
  return (origin, host) => isAllowed(origin, host) || isOfPort(origin, host, apiSockets.port);
}

/** The doors of the public port for clients that speak no Socket.IO. */
function openPlainDoors(
  { config }: Context,
  core: Core,
  sessions: Sessions & Pick<PlainDoorsOptions, "onConnectMissing">,
): PlainDoors {
  const { connectTimeout, pingInterval, pingTimeout, textChannel, production } = config;
  return new PlainDoors({
    ...sessions,
    authenticator: core.plainAuthenticator,
    members: core.members,
    keep: (member) => core.engine.keep(member),
    onReceived: core.meter.received,
    connectTimeout,
    silence: pingInterval + pingTimeout,
    textChannel: textChannel ?? (production ? undefined : developmentTextChannel),
  });
}

/** Where the code of an article writes and reads while somebody tries it. */
const developmentTextChannel = "chat:demo";

/**
 * The admin port.
 *
 * @param held why a node that has just started says that it is not ready yet
 */
export async function openApiServer(
  context: Context,
  core: Core,
  tokens: Tokens,
  held: () => Failure | undefined,
) {
  const { config, log, now, shutdown, openSockets, apiSockets } = context;
  const { publisher, history, presence, rules, backplane, teller, admission } = core;
  const { registry: metrics } = core.metrics;
  const api = await createApiServer({
    publisher,
    history,
    presence,
    rules,
    control: backplane.control,
    revocations: backplane.revocations,
    users: backplane.users,
    tidings: backplane.tidings,
    hooks: () => teller.states(),
    tokens,
    verifier: new Verifier(tokens, backplane.revocations),
    anonymous: config.anonymous,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
    ready: () => admission.unready() ?? held(),
    draining: () => shutdown.draining,
    keys: config.apiKeys,
    version,
    log,
    now,
    publicPort: () => (config.production ? undefined : openSockets.port),
    maxPayload: config.maxPayload,
  });
  apiSockets.watch(api.server);
  return api;
}
