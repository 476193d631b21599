import { hash, timingSafeEqual } from "node:crypto";
import type { onRequestHookHandler } from "fastify";
import { Failure } from "../errors.ts";

const bearer = /^Bearer +(\S+) *$/i;

/**
 * A hook that lets requests with one of the keys pass. Hashes are compared, all of them every time, so that the
 * time taken tells neither a key's length nor how much of it was right, nor which key it was.
 *
 * @throws Failure `unauthorized`, the same for a missing, a malformed and a wrong key
 */
export function requireKey(keys: readonly string[]): onRequestHookHandler {
  const known = keys.map(digest);
  return (request, reply, done) => {
    const given = digest(bearer.exec(request.headers.authorization ?? "")?.[1] ?? "");
    let accepted = false;
    for (const key of known) accepted = timingSafeEqual(key, given) || accepted;
    if (accepted) return done();
    reply.header("www-authenticate", "Bearer");
    done(new Failure("unauthorized"));
  };
}

function digest(key: string): Buffer {
  return hash("sha256", key, "buffer");
}
