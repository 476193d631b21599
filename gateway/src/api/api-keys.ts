/*
 * Lets a backend in by its key. It is the only check of who calls `/v1`: whoever has a key may do everything there.
 */

import { timingSafeEqual } from "node:crypto";
import type { onRequestHookHandler } from "fastify";
import { Failure } from "../errors.ts";

const bearer = /^Bearer +(\S+) *$/i;

/** Keys are compared as so many bytes or more, whatever their length. */
const leastBytes = 64;

/**
 * A hook that lets requests with one of the keys pass. Every key is compared every time, over the same number of
 * bytes, so that the time taken tells neither a key's length nor how much of it was right, nor which key it was.
 *
 * @throws Failure `unauthorized`, the same for a missing, a malformed and a wrong key
 */
export function requireKey(keys: readonly string[]): onRequestHookHandler {
  const accepts = keyCheck(keys);
  return (request, reply, done) => {
    if (accepts(bearer.exec(request.headers.authorization ?? "")?.[1] ?? "")) return done();
    reply.header("www-authenticate", "Bearer");
    done(new Failure("unauthorized"));
  };
}

function keyCheck(keys: readonly string[]): (given: string) => boolean {
  const size = Math.max(leastBytes, ...keys.map((key) => Buffer.byteLength(key)));
  const known = keys.map((key) => padded(Buffer.alloc(size), key));
  // One buffer for all requests: hashing instead cost a tenth of what a publication does.
  const scratch = Buffer.alloc(size);
  return (given) => {
    padded(scratch, given);
    let accepted = false;
    for (const key of known) accepted = timingSafeEqual(key, scratch) || accepted;
    // What is longer than every key would be cut to the length of the longest.
    return accepted && Buffer.byteLength(given) <= size;
  };
}

/** A header has no NUL, so no two texts are padded to the same bytes. */
function padded(bytes: Buffer, text: string): Buffer {
  return bytes.fill(0, bytes.write(text));
}
