import type { Server as HttpServer } from "node:http";
import { createApiServer } from "./api/server.ts";
import { AddressLimit } from "./auth/address-limit.ts";
import { tokenLeeway } from "./auth/claims.ts";
import { CodeExchange } from "./auth/code-exchange.ts";
import { Handshake } from "./auth/handshake.ts";
import { createTokens, type Tokens } from "./auth/token.ts";
import { Turns } from "./auth/turns.ts";
import { WeChatLogin } from "./auth/wechat.ts";
import { Feeds } from "./channels/feeds.ts";
import { History } from "./channels/history.ts";
import { Presence } from "./channels/presence.ts";
import { Publisher } from "./channels/publish.ts";
import { Rules } from "./channels/rules.ts";
import { Subscriptions } from "./channels/subscriptions.ts";
import { openCluster } from "./cluster/open.ts";
import type { Cluster, ClusterHost, NodeInfo } from "./cluster/ports.ts";
import type { ChannelRule } from "./config/rules.ts";
import type { Config } from "./config/schema.ts";
import { Alarms } from "./connection/alarms.ts";
import { Commands } from "./connection/commands.ts";
import { Dispatcher } from "./connection/dispatcher.ts";
import { FreshRevocations } from "./connection/fresh-revocations.ts";
import { Gaps } from "./connection/gaps.ts";
import { Joiner } from "./connection/joiner.ts";
import { Lifecycle } from "./connection/lifecycle.ts";
import { Registry } from "./connection/registry.ts";
import { createRequests } from "./connection/requests.ts";
import { Turn } from "./fanout/turn.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import { Admission } from "./ops/admission.ts";
import { leave } from "./ops/drain.ts";
import { createMetrics } from "./ops/metrics.ts";
import { Overload } from "./ops/overload.ts";
import { Rebalance } from "./ops/rebalance.ts";
import { addressReader } from "./transport/address.ts";
import { acceptClients } from "./transport/clients.ts";
import { Engine } from "./transport/engine.ts";
import {
  closeServer,
  createPublicServer,
  listen,
  portOf,
  stopListening,
  whenLeft,
} from "./transport/http.ts";
import { originCheck } from "./transport/origins.ts";
import { createSocketServer } from "./transport/socketio.ts";
import { version } from "./version.ts";

export interface App {
  /** @returns the ports that are listened on */
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

export interface AppOptions {
  config: Config;
  rules: readonly ChannelRule[];
  log: Log;
  /** Unix milliseconds. */
  now?: () => number;
}

/** What the parts of a node share. */
interface Context extends Required<AppOptions> {
  state: { draining: boolean; connectionsBefore: number };
  /** Unix milliseconds. */
  started: number;
  registry: Registry;
  alarms: Alarms;
  overload: Overload;
}

/** Milliseconds in which requests to the server API end that are under way when the node stops. */
const requestGrace = 2_000;

/** Wires one node of the gateway. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, now = Date.now } = options;
  const context: Context = {
    ...options,
    now,
    started: now(),
    state: { draining: false, connectionsBefore: 0 },
    registry: new Registry(),
    alarms: new Alarms(now),
    overload: new Overload(config),
  };
  const tokens = await createTokens({
    secrets: config.tokenSecret,
    publicKey: config.tokenPublicKey,
    jwksUrl: config.tokenJwksUrl,
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    maxLifetime: config.tokenMaxLifetime,
    log,
    now,
  });
  const core = await createCore(context, tokens);
  const publicServer = openDoor(context, core);
  const api = await openApi(context, core, tokens);
  const rebalance = evenOut(context, core);
  return {
    async start() {
      context.overload.start();
      await listen(publicServer, config.port, config.host);
      await api.listen({ port: config.adminPort, host: config.host });
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
      await core.cluster.stop();
    },
  };
}

/** The rooms between the cluster and the clients; deliveries come out of the one and go to the other. */
async function createCore(context: Context, tokens: Tokens) {
  const { config, log, now, registry, alarms } = context;
  const node = config.nodeId;
  const { meter, registry: metrics } = createMetrics({
    version,
    connections: () => registry.size,
    subscriptions: () => subscriptions.count,
    channels: () => feeds.size,
    capacity: config.capacity,
    memoryLimit: context.overload.memoryLimit,
    backlog: () => engine.backlog(),
    draining: () => context.state.draining,
    healthy: () => cluster.healthy(),
    cluster: () => cluster.status(),
    connectionsBeforeDrain: () => context.state.connectionsBefore,
  });
  const describe = () => describeNode(context, subscriptions.count);
  const host: ClusterHost = {
    deliver: (delivery) => feeds.receive(delivery),
    lost(channel, resumed) {
      feeds.lost(channel, resumed);
      gaps.lost(channel, resumed);
    },
    target: { execute: (command) => commands.execute(command), describe },
  };
  const cluster = await openCluster(host, { ...context, meter });
  const { broker, peers } = cluster;

  const turn = new Turn(config.flushDelay);
  const outlets = { turn, unsentLimit: config.sendQueueLimit, onSent: meter.sent, onDropped: meter.dropped };
  const engine = new Engine({ ...config, outlets });
  const { connectTimeout } = config;
  const onDelivered = (messages: number, copies: number, published: number | undefined) =>
    meter.delivered(messages, copies, published && Math.max(0, now() - published) / 1_000);
  const connections = {
    leave: (id: string, channel: string) => commands.leave(id, channel),
    end: (id: string) => commands.end(id),
  };
  const fanout = { onDelivered, onConflated: meter.conflated, turn, peers, connections };
  const { io, rooms } = createSocketServer({ engine, connectTimeout, fanout, onReceived: meter.received });

  const { maxChannels, maxChannelName, maxDepth, maxPayload: maxBytes } = config;
  const rules = new Rules(context.rules, maxChannelName);
  const feeds = new Feeds({ broker, rooms, policyOf: (room) => rules.policyOfRoom(room) });
  const presence = new Presence(cluster.presence);
  const history = new History(broker);
  const publisher = new Publisher({ rules, broker, meter, now, maxDepth, maxBytes });
  const subscriptions = new Subscriptions({ rules, broker, feeds, presence, meter, maxChannels });

  const revokedBefore = (user: string) => cluster.revocations.revokedBefore(user);
  const wechat = openLogin(context, tokens);
  const handshake = new Handshake({ tokens, revokedBefore, anonymous: config.anonymous, wechat });
  const leeway = tokenLeeway * 1_000;
  const joiner = new Joiner({ subscriptions, presence, tokens, alarms, now, leeway });
  const revocations = new FreshRevocations(now);
  const gaps = new Gaps({ registry, joiner, members: (channel) => rooms.rooms.get(channel) ?? [] });
  const lifecycle = new Lifecycle({ node, registry, joiner, alarms, revocations, leeway, log, meter, now });
  const commands = new Commands({ node, registry, joiner, lifecycle, revocations, describe });
  const services = { rules, joiner, publisher, history, presence, handshake, lifecycle, maxChannels };
  const { requestRate: rate, requestBurst: burst } = config;
  const requests = createRequests(services);
  const dispatcher = new Dispatcher({ requests, lifecycle, meter, log, maxDepth, rate, burst });
  return {
    ...services,
    cluster,
    engine,
    io,
    rooms,
    meter,
    metrics,
    dispatcher,
    admission: admit(context, cluster, meter),
  };
}

type Core = Awaited<ReturnType<typeof createCore>>;

/** Login codes of mini-programs, where such are set up. */
function openLogin({ config, now }: Context, tokens: Tokens): WeChatLogin | undefined {
  const { wechatApps: apps, wechatUrl: url, wechatUnionid: unionid } = config;
  if (apps.length === 0) return undefined;
  const exchange = new CodeExchange({ url, turns: new Turns({ atOnce: 64, queue: 1_000 }) });
  const limit = new AddressLimit(config.wechatLoginRate, now);
  const lifetime = Math.min(config.wechatTokenLifetime, config.tokenMaxLifetime);
  return new WeChatLogin({ apps, exchange, limit, unionid, lifetime, tokens });
}

function admit({ config, state, overload }: Context, { healthy }: Cluster, meter: Meter): Admission {
  return new Admission({
    draining: () => state.draining,
    healthy,
    shortage: () => overload.shortage,
    rate: config.handshakeRate,
    onRefused: meter.turnedAway,
  });
}

function describeNode({ config, started, now, registry, state }: Context, subscriptions: number): NodeInfo {
  const { draining } = state;
  const uptime = Math.floor((now() - started) / 1_000);
  return { node: config.nodeId, version, uptime, connections: registry.size, subscriptions, draining };
}

/** The public port, and what happens to those who come through it. */
function openDoor({ config, log, registry }: Context, core: Core): HttpServer {
  const { handshake, lifecycle, dispatcher, admission, meter, engine } = core;
  acceptClients(core.io, {
    handshake,
    lifecycle,
    dispatcher,
    connectionOf: (id) => registry.get(id),
    admit: () => admission.obstacle(),
    addressOf: addressReader(config.trustedProxies),
    maxDepth: config.maxDepth,
    meter,
    log,
  });
  return createPublicServer({
    admit: () => admission.upgrade(),
    isOriginAllowed: originCheck(config.allowedOrigins, !config.production),
    onRefused: (failure) => meter.refused(failure.code),
    upgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  });
}

/** The admin port. */
function openApi({ config, log, now, state }: Context, core: Core, tokens: Tokens) {
  const { publisher, history, presence, rules, cluster, metrics, admission } = core;
  return createApiServer({
    publisher,
    history,
    presence,
    rules,
    control: cluster.control,
    revocations: cluster.revocations,
    tokens,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
    ready: () => admission.unready(),
    draining: () => state.draining,
    keys: config.apiKeys,
    version,
    log,
    now,
    maxPayload: config.maxPayload,
  });
}

function evenOut({ config, log, state, registry }: Context, { cluster, lifecycle, meter }: Core): Rebalance {
  return new Rebalance({
    node: config.nodeId,
    steady: () => !state.draining && cluster.healthy(),
    nodes: () => cluster.control.nodes(),
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
