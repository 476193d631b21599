/*
 * Puts the admin server together: parsing, checks, errors, documentation, routes. Hooks run in the order of
 * the calls, and only for routes that are added after them.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { type FastifyInstance, type FastifySchemaCompiler, fastify } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { z } from "zod";
import { check } from "../protocol/parse.ts";
import { createRequestIds, logRequests } from "./access-log.ts";
import { acceptJson } from "./body.ts";
import { consoleRoutes } from "./console-page.ts";
import { answerClientError, answerFailure } from "./errors.ts";
import { guideRoutes } from "./guide.ts";
import { answerUnknownMethods } from "./methods.ts";
import { describeApi } from "./openapi.ts";
import { opsRoutes } from "./ops.ts";
import { addResources } from "./resources.ts";
import type { ApiServices } from "./services.ts";

/** For bodies that carry no message. */
const bodyLimit = 64 * 1024;

/**
 * The admin server: the server API under `/v1`, and metrics, health and documentation, which need no key. It
 * does not listen yet.
 */
export async function createApiServer(services: ApiServices): Promise<FastifyInstance> {
  const { log } = services;
  const app = createServer(services);
  releaseCallers(app, services.draining);
  logRequests(app, log);
  acceptJson(app);
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler(validate);
  // Handlers are typed by the schemas of their answers; checking those again at run time finds nothing. The
  // compiler keeps Fastify from its own, the serializer from looking for what was compiled at each answer.
  api.setSerializerCompiler(() => JSON.stringify);
  app.setReplySerializer((payload) => JSON.stringify(payload));
  app.setErrorHandler(answerFailure(log));
  answerUnknownMethods(app);
  await describeApi(api, services.version);
  opsRoutes(api, services);
  consoleRoutes(api, services);
  guideRoutes(api);
  await app.register(async (scope) => addResources(scope.withTypeProvider<ZodTypeProvider>(), services));
  await app.ready();
  return app;
}

/** Fastify with limits on what a slow or broken caller may hold, and without its own log and error bodies. */
function createServer({ log }: ApiServices): FastifyInstance {
  return fastify({
    logger: false,
    genReqId: createRequestIds(),
    bodyLimit,
    frameworkErrors: (error, request, reply) => answerFailure(log)(error, request, reply),
    clientErrorHandler: answerClientError,
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    // A request that comes in while the server closes is served: its own answer has no error body of ours.
    return503OnClosing: false,
  });
}

/** Checks the parts of a request against the zod schemas of its route. */
const validate: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const root = httpPart === "querystring" ? "query" : "body";
  return (value) => {
    const checked = check(schema, value, root);
    return "fault" in checked ? { error: checked.fault } : checked;
  };
};

/**
 * A caller that keeps its connection would lose a request with it when the node ends: before that, each answer
 * tells it to make a new one.
 */
function releaseCallers({ server }: FastifyInstance, draining: () => boolean): void {
  server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
    if (draining()) response.setHeader("connection", "close");
  });
}
