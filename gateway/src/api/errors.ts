/*
 * How a failure leaves the server API: status, body and `Retry-After`. Every error goes through here, Fastify's own
 * too, so that none shows a stack or quotes the request.
 */

import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ErrorCode, Failure } from "../errors.ts";
import type { Log } from "../log.ts";

/** Fastify's own errors that a caller can cause. Their messages quote the request, so ours replace them. */
const callerFaults: Record<string, { code: ErrorCode; message?: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: "too_large", message: "The body is larger than this call takes." },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "bad_request",
    message: "The body must be JSON, with `Content-Type: application/json`.",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "bad_request",
    message: "The body is not as long as `Content-Length` says.",
  },
  // The caller went away in the middle of its body.
  ECONNRESET: { code: "bad_request", message: "The body ended early." },
  FST_ERR_BAD_URL: { code: "bad_request", message: "The path is not a valid URL path." },
  FST_ERR_MAX_PARAM_LENGTH: { code: "not_found" },
};

/** Answers whatever a request failed with. What is no Failure becomes `internal`, and its cause is logged. */
export function answerFailure(log: Log) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const failure = failureOf(thrown);
    if (failure.code === "internal") {
      const route = request.routeOptions.url;
      const err = failure.cause ?? failure;
      log.write("api_request_failed", { cause: err, err, requestId: request.id, route });
    }
    return sendFailure(reply, failure);
  };
}

/** Answers with the failure's status and `{error}`; with `Retry-After` where a retry makes sense. */
export function sendFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  if (failure.retryable) reply.header("retry-after", Math.ceil((failure.after ?? 1_000) / 1_000));
  // No serializer of the route applies: its schemas may not have this status.
  return reply
    .code(failure.status)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ error: failure.body }));
}

/** Answers what is not HTTP, before there is a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const text = JSON.stringify({ error: new Failure("bad_request", "The request is not valid HTTP.").body });
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

/** Fastify's errors by their code, everything else by what it is. */
function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") {
    const fault = Object.hasOwn(callerFaults, thrown.code) ? callerFaults[thrown.code] : undefined;
    if (fault) return new Failure(fault.code, fault.message);
  }
  return Failure.of(thrown);
}
