/*
 * `subscribe` to one channel or to many, and `unsubscribe`. Many in one request share one read of Redis and one reply
 * frame, which is what makes coming back after a broken network cheap.
 */

import { Failure } from "../../errors.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Connection } from "../connection.ts";
import { subscribeManyReply, subscribeReply } from "../replies.ts";
import type { Handler, Reply, RequestServices } from "../request.ts";

/** A request for many channels counts as many. */
export function itemsOf(_connection: Connection, payload: unknown): number {
  return Array.isArray(payload) ? payload.length : 1;
}

export const subscribe: Handler = async (services, connection, payload, reply) => {
  if (Array.isArray(payload)) {
    await subscribeMany(services, connection, payload, reply);
    return;
  }
  const request = parse(requestSchemas.subscribe, payload);
  // The answer is given inside the synchronous step of the join; a failure is thrown after it, to be answered as one.
  let failure: Failure | undefined;
  await services.joiner.join(connection, [request], ([result]) => {
    if (result && "failure" in result) failure = result.failure;
    else if (result) reply(subscribeReply(result));
  });
  if (failure) throw failure;
};

/** The bound on channels is the connection's, so a request of more could never succeed whole. */
async function subscribeMany(
  { joiner, maxChannels }: RequestServices,
  connection: Connection,
  payload: unknown[],
  reply: Reply,
): Promise<void> {
  const items = parse(requestSchemas.subscribeMany, payload);
  if (items.length > maxChannels) {
    throw new Failure("bad_request", `One request subscribes to at most ${maxChannels} channels.`);
  }
  await joiner.join(connection, items, (results) => reply(subscribeManyReply(results)));
}

export const unsubscribe: Handler = async ({ joiner }, connection, payload, reply) => {
  const { channel } = parse(requestSchemas.unsubscribe, payload);
  if (!connection.held.has(channel)) throw new Failure("not_subscribed");
  await joiner.leave(connection, channel);
  reply({ ok: true });
};
