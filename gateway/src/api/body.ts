/*
 * Reads the bodies of requests. What a backend publishes has to arrive as it was sent, so nothing may drop or rename a
 * member.
 */

import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { Failure } from "../errors.ts";

/**
 * Makes JSON the only body that is read. Fastify's own parser refuses or drops members named `__proto__` and
 * `constructor`; JSON.parse makes them own members like any other, so data passes unchanged. Bytes that are not
 * UTF-8 are refused: decoding would replace them silently.
 */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      done(null, parseJson(body));
    } catch (thrown) {
      done(Failure.of(thrown));
    }
  });
}

function parseJson(body: Buffer): unknown {
  // Many clients send the content type with every request, also with a DELETE that has no body.
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new Failure("bad_request", "The body is not UTF-8.");
  try {
    return JSON.parse(body.toString());
  } catch {
    // The syntax error quotes the body, so it does not go on.
    throw new Failure("bad_request", "The body is not valid JSON.");
  }
}
