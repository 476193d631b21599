/* One line in the log for each call, and the id by which a caller can ask about it. */

import { randomUUID } from "node:crypto";
import type { FastifyInstance, onResponseHookHandler } from "fastify";
import type { Log } from "../log.ts";

/** One id a request, unique among processes; a caller cannot choose it, so ids in the log are ours. */
export function createRequestIds(): () => string {
  const run = randomUUID();
  let count = 0;
  return () => {
    count += 1;
    return `${run}-${count}`;
  };
}

/**
 * Tells each caller the request's id, and logs one line a request. The line has the route's pattern and not the
 * URL, whose query names users and channels. Before any route.
 */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  // Waiting for the end of each answer costs as much as its headers; not where the line would be dropped.
  if (!log.isLevelEnabled("info")) return;
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/v1/")) route.onResponse = logLine(log, route.url);
  });
}

function logLine(log: Log, route: string): onResponseHookHandler {
  return (request, reply, done) => {
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const { id: requestId, method } = request;
    log.write("api_request", { requestId, method, route, status: reply.statusCode, ms });
    done();
  };
}
