/*
 * Writes the replies that carry messages. The texts of the messages are joined as they are stored; only what stands
 * around them is made here, once for all channels of a frame, since attachments are counted across the frame.
 */

import { replyText } from "../channels/reply.ts";
import type { JoinResult } from "../channels/subscriptions.ts";
import { Json } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";

/** The reply to a subscribe of one channel. */
export function subscribeReply(result: JoinResult): Json {
  if ("failure" in result) return new Json(JSON.stringify({ ok: false, error: result.failure.body }));
  const attachments: Uint8Array[] = [];
  return new Json(replyText(result.channel, result.outcome, attachments, result.token), attachments);
}

/** The reply to a subscribe of many channels, each with its own result. */
export function subscribeManyReply(results: readonly JoinResult[]): Json {
  const attachments: Uint8Array[] = [];
  return new Json(`{"ok":true,"results":${resultsText(results, attachments)}}`, attachments);
}

/** @param time Unix milliseconds, for the client to know the gateway's clock */
export function welcomeReply(
  connection: Connection,
  node: string,
  time: number,
  results: readonly JoinResult[],
): Json {
  const { id, user, identity } = connection;
  const { issued: token, expiresAt } = identity;
  const head = JSON.stringify({ connection: id, user, node, time, token, expiresAt });
  const attachments: Uint8Array[] = [];
  return new Json(`${head.slice(0, -1)},"channels":${resultsText(results, attachments)}}`, attachments);
}

/** A failure names its channel too, since a client finds the results of many channels by name. */
function resultsText(results: readonly JoinResult[], attachments: Uint8Array[]): string {
  const texts = results.map((result) => {
    if ("outcome" in result) return replyText(result.channel, result.outcome, attachments, result.token);
    return JSON.stringify({ ok: false, channel: result.channel, error: result.failure.body });
  });
  return `[${texts.join(",")}]`;
}
