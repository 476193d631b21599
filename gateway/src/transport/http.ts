import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import type { TlsPair } from "../config/pem.ts";
import { Failure } from "../errors.ts";
import type { Dialect } from "../fanout/dialect.ts";
import { tlsOptions } from "./certificate.ts";
import { refusePolling, takeLast } from "./polling.ts";
import { offersBearerOnly } from "./subprotocol.ts";

export interface PublicServerOptions {
  /** What TLS is served with; without it the port has none. */
  tls?: TlsPair | undefined;
  /** What keeps the node from taking clients, where anything does: for balancers that can ask this port only. */
  unready(): Failure | undefined;
  /** Why a new connection cannot be served now, decided before the WebSocket upgrade. */
  upgradeObstacle(request: IncomingMessage): Failure | undefined;
  /** Whether a request with this Origin and this Host may connect; undefined where it has no such header. */
  isOriginAllowed(origin: string | undefined, host: string | undefined): boolean;
  onRefused(failure: Failure, request: IncomingMessage): void;
  /** @param dialect what the client will speak, by the path that it asks for */
  upgrade(request: IncomingMessage, head: Buffer, dialect: Dialect): void;
}

const path = "/socket.io/";
/** As on the admin port. */
const healthPath = "/readyz";
/** Milliseconds in which a request has to be there. They are looked at every 2 s, so a slow one is gone within 10 s. */
const patience = 8_000;

/**
 * The public port: WebSocket upgrades on `/socket.io/`, `/json` and `/ws`, `/readyz`, and nothing else. Refusals that may get better
 * are HTTP 503 with Retry-After, which Socket.IO clients come back from by themselves.
 */
export function createPublicServer(options: PublicServerOptions): Server {
  const server = createListener(options.tls, (request, response) => {
    const isHealth = request.url === healthPath;
    const failure = isHealth ? options.unready() : withoutUpgrade(request.url);
    if (!isHealth && failure) {
      if (answersPolling(request, response, failure, options)) return;
      options.onRefused(failure, request);
    }
    if (failure) sendJson(response, failure.status, { error: failure.body });
    else sendJson(response, 200, { status: "ready" });
  });
  server.on("upgrade", (request, socket, head) => {
    // A peer that resets the connection before it is a WebSocket must not end the process.
    socket.on("error", ignore);
    const judged = judge(request, options);
    if (judged instanceof Failure) {
      options.onRefused(judged, request);
      refuseUpgrade(socket, judged);
      return;
    }
    socket.removeListener("error", ignore);
    // The outlet of the connection uncorks it: the answer to the upgrade leaves with what follows it.
    socket.cork();
    options.upgrade(request, head, judged);
  });
  return server;
}

/** @returns whether the request was one of long polling, which is answered in its own words */
function answersPolling(
  request: IncomingMessage,
  response: ServerResponse,
  failure: Failure,
  options: PublicServerOptions,
): boolean {
  const { url, method } = request;
  if (dialectOf(url) !== "socketio") return false;
  const { searchParams } = partsOf(url);
  const version = searchParams.get("EIO");
  if (searchParams.get("transport") !== "polling" || (version !== "3" && version !== "4")) return false;
  const { origin, host } = request.headers;
  const reader = options.isOriginAllowed(origin, host) ? origin : undefined;
  const isFirst = !searchParams.get("sid");
  if (method === "GET" && isFirst) {
    options.onRefused(failure, request);
    refusePolling(response, failure, version, reader);
    return true;
  }
  if (method !== "POST" || isFirst) return false;
  takeLast(response, reader);
  return true;
}

function createListener(tls: TlsPair | undefined, answer: RequestListener): Server {
  const limits = { headersTimeout: patience, requestTimeout: patience, connectionsCheckingInterval: 2_000 };
  if (!tls) return createServer(limits, answer);
  return createSecureServer({ ...limits, ...tlsOptions, ...tls, handshakeTimeout: patience }, answer);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}

/** What nearly all clients ask for; a server that many come back to at once reads nothing else. */
const usualUrl = `${path}?EIO=4&transport=websocket`;

/** What a path of the public port is spoken to in; undefined where nothing is there. */
function dialectOf(url = ""): Dialect | undefined {
  const [pathname = ""] = url.split("?", 1);
  if (pathname === path) return "socketio";
  if (pathname === "/json" || pathname === "/json/") return "json";
  return pathname === "/ws" || pathname.startsWith("/ws/") ? "text" : undefined;
}

/** @returns what the upgrade is to, or why there is none */
function judge(request: IncomingMessage, options: PublicServerOptions): Dialect | Failure {
  const dialect = dialectOf(request.url);
  if (!dialect) return new Failure("not_found");
  const isUsual = dialect !== "socketio" || request.url === usualUrl;
  const fault = isUsual ? undefined : faultOf(request.url);
  if (fault) return fault;
  const { origin, host } = request.headers;
  if (!options.isOriginAllowed(origin, host)) {
    return new Failure("forbidden", "Pages of this origin may not connect.");
  }
  if (offersBearerOnly(request)) {
    return new Failure("bad_request", "A token alone is no subprotocol: offer another one beside it.");
  }
  return options.upgradeObstacle(request) ?? dialect;
}

/** What is wrong with the URL of an upgrade to Socket.IO. */
function faultOf(url: string | undefined): Failure | undefined {
  const { searchParams } = partsOf(url);
  if (searchParams.get("transport") !== "websocket" || searchParams.get("sid")) return webSocketOnly();
  if (searchParams.get("EIO") === "4") return undefined;
  return new Failure(
    "bad_request",
    "This server speaks Engine.IO 4: use a Socket.IO client of version 3 or 4.",
  );
}

/** What is wrong with a request that is no upgrade. Who wants a WebSocket sent one, and something on the way took it. */
function withoutUpgrade(url: string | undefined): Failure {
  const dialect = dialectOf(url);
  if (!dialect) return new Failure("not_found");
  if (dialect === "socketio" && partsOf(url).searchParams.get("transport") !== "websocket") {
    return webSocketOnly();
  }
  return new Failure(
    "bad_request",
    "The upgrade did not reach this server; the proxy has to pass Upgrade and Connection.",
  );
}

/** Not `new URL`, which throws at what a peer may send. */
function partsOf(url = ""): { pathname: string | undefined; searchParams: URLSearchParams } {
  const [pathname, query] = url.split("?", 2);
  return { pathname, searchParams: new URLSearchParams(query) };
}

function webSocketOnly(): Failure {
  return new Failure("bad_request", "This server speaks WebSocket only: use transports: ['websocket'].");
}

function ignore(): void {}

/** Answers an upgrade, and closes its connection. */
export function refuseUpgrade(socket: Duplex, failure: Failure, ...headers: readonly string[]): void {
  const body = JSON.stringify({ error: failure.body });
  const status = failure.retryable ? 503 : failure.status;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  if (failure.retryable) head.push(`Retry-After: ${Math.ceil((failure.after ?? 1_000) / 1_000)}`);
  // A peer that never hangs up would keep the half of the connection that is left.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * Connections that the system keeps until they are taken, where its own limit allows it. What does not fit is dropped
 * without a word and tried again by its system after 1, 3, 7, 15 s: a storm would last a minute for that alone.
 */
const backlog = 4_096;

/** What a system without IPv6 says of an address of it. */
const withoutIPv6 = ["EAFNOSUPPORT", "EADDRNOTAVAIL"];

/**
 * @param port 0 for any that is free
 * @param host `::` for every address of IPv6 and IPv4; a system without IPv6 has those of IPv4
 * @returns the host that is listened on
 */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  try {
    await listenOn(server, port, host);
    return host;
  } catch (error) {
    if (host !== "::" || !withoutIPv6.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await listenOn(server, port, "0.0.0.0");
    return "0.0.0.0";
  }
}

function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/** The port that a listening server has; 0 while it does not listen. */
export function portOf(server: Pick<Server, "address">): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
