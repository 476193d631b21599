/*
 * Answers what no route takes: an address that is not there, and a method that an address does not have. It notes the
 * routes as they are added, so it comes before them. Without it a wrong method would read as a wrong address, and one
 * that Fastify does not know as a fault of the gateway.
 */

import { METHODS } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Failure } from "../errors.ts";
import { sendFailure } from "./errors.ts";

/** `not_found`, or `method_not_allowed` with `Allow` where the address has other methods. Before any route. */
export function answerUnknownMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    methods.set(url, known);
    for (const one of [method].flat()) known.add(one);
  });
  // Before the body is looked at: Fastify would refuse a QUERY without one by an error of its own.
  app.addHook("onRequest", (request, reply, done) => {
    if (!request.is404) return done();
    const [path = ""] = request.url.split("?", 1);
    refuse(reply, methods.get(path));
  });
}

/** @param methods those that the address has; absent where there is no such address */
function refuse(reply: FastifyReply, methods: ReadonlySet<string> | undefined): void {
  if (!methods) return void sendFailure(reply, new Failure("not_found"));
  const allowed = [...methods].sort().join(", ");
  reply.header("allow", allowed);
  sendFailure(reply, new Failure("method_not_allowed", `This address takes ${allowed}.`));
}
