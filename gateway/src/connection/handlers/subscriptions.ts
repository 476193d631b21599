/*
 * `subscribe` to one channel or to many, and `unsubscribe`. Many in one request share one read of Redis and one reply
 * frame, which is what makes coming back after a broken network cheap.
 */

import { Failure } from "../../errors.ts";
import type { Json } from "../../protocol/json.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Rulings } from "../approvals.ts";
import type { Connection } from "../connection.ts";
import { surcharges } from "../prices.ts";
import { subscribeManyReply, subscribeReply } from "../replies.ts";
import type { Handler, Question, Reply } from "../request.ts";
import type { RequestServices } from "../request-services.ts";

/** One question for all channels of a frame that the rules leave to a backend. */
export const subscribeQuestion: Question = ({ approvals }, connection, { payload }) => {
  if (!approvals) return undefined;
  const items = Array.isArray(payload)
    ? parse(requestSchemas.subscribeMany, payload)
    : [parse(requestSchemas.subscribe, payload)];
  return approvals.question(connection, items);
};

export const subscribe: Handler = async (services, connection, payload, reply, _shape, answer) => {
  const rulings = answer as Rulings | undefined;
  if (Array.isArray(payload)) {
    await subscribeMany(services, connection, payload, reply, rulings);
    return;
  }
  const request = parse(requestSchemas.subscribe, payload);
  // The answer is given inside the synchronous step of the join; a failure is thrown after it, to be answered as one.
  let failure: Failure | undefined;
  await services.joiner.join(
    connection,
    [request],
    ([result]) => {
      if (result && "failure" in result) failure = result.failure;
      else if (result) reply(charged(services, connection, subscribeReply(result)));
    },
    rulings,
  );
  if (failure) throw failure;
};

/** The bound on channels is the connection's, so a request of more could never succeed whole. */
async function subscribeMany(
  services: RequestServices,
  connection: Connection,
  payload: unknown[],
  reply: Reply,
  rulings: Rulings | undefined,
): Promise<void> {
  const { joiner, maxChannels } = services;
  const items = parse(requestSchemas.subscribeMany, payload);
  if (items.length > maxChannels) {
    throw new Failure("bad_request", `One request subscribes to at most ${maxChannels} channels.`);
  }
  await joiner.join(
    connection,
    items,
    (results) => reply(charged(services, connection, subscribeManyReply(results))),
    rulings,
  );
}

/** The messages in a reply cost what they weigh. */
function charged({ accounts }: RequestServices, connection: Connection, reply: Json): Json {
  accounts.charge(connection, surcharges.answer.units(reply.text.length));
  return reply;
}

export const unsubscribe: Handler = async ({ joiner }, connection, payload, reply) => {
  const { channel } = parse(requestSchemas.unsubscribe, payload);
  if (!connection.held.has(channel)) throw new Failure("not_subscribed");
  await joiner.leave(connection, channel);
  reply({ ok: true });
};
