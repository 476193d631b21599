/*
 * Tells what Redis meant by an error. RedisConnection asks it whether a script is unknown or a slot has moved, the
 * client whether it has met a replica. An answer that is wrong has a node wait for a server that will never take its
 * writes.
 */

import { ReplyError } from "ioredis";
import { Failure } from "../../../errors.ts";

/**
 * The code of an error that Redis answered with, such as `READONLY`; undefined where it has none, and for other errors.
 * Before 7.0 the code that a script met comes after the place in the script:
 * `ERR Error running script (call to f_…): @user_script:35: @user_script: 35: -READONLY You can't …`.
 */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error && error instanceof ReplyError)) return undefined;
  const { message } = error;
  return (/: -([A-Z]+) /.exec(message) ?? /^([A-Z]+) /.exec(message))?.[1];
}

/**
 * Whether Redis has answered, and will not do it: writes while it cannot save or has too few replicas, a command that
 * the node has no right to, a slot that is elsewhere. The connection is sound, and a new one would be told the same.
 *
 * @param error of a call, or the Failure that it became
 */
export function isRefusal(error: unknown): boolean {
  return (error instanceof Failure ? error.cause : error) instanceof ReplyError;
}
