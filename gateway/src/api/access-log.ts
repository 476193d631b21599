import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Log } from "../log.ts";

/** One id a request; a caller cannot choose it, so ids in the log are ours. */
export const newRequestId = (): string => randomUUID();

/**
 * Tells each caller the request's id, and logs one line a request. The line has the route's pattern and not the
 * URL, whose query names users and channels.
 */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url;
    if (route?.startsWith("/v1/")) {
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      const { id: requestId, method } = request;
      log.info({ requestId, method, route, status: reply.statusCode, ms }, "api request");
    }
    done();
  });
}
