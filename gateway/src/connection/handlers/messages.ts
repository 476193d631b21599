/* The requests that bring and read messages: `publish` and `history`. */

import { authorize, standingOf } from "../../channels/access.ts";
import type { ChannelPolicy } from "../../channels/rules.ts";
import { Failure } from "../../errors.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Connection } from "../connection.ts";
import type { Handler } from "../request.ts";
import { TokenBucket } from "../token-bucket.ts";

/** The rule decides, then the connection pays, then the message is made: who may not publish pays nothing. */
export const publish: Handler = async ({ rules, publisher }, connection, payload, reply, shape) => {
  const { channel, data, id, echo = true } = parse(requestSchemas.publish, payload);
  const position = await publisher.measure("client", () => {
    // Whoever talks in a channel mostly subscribes to it too, and then its policy is at hand.
    const policy = connection.held.get(channel)?.feed.policy ?? rules.policyOf(channel);
    authorize("publish", channel, policy, standingOf(connection, channel));
    pay(connection, policy);
    const except = echo ? [] : [connection.id];
    return publisher.send({ channel, data, id, user: connection.user, except }, policy, shape);
  });
  reply(position === undefined ? { ok: true } : { ok: true, position });
};

/** The publish rate that a rule sets, for each connection. @throws Failure `rate_limited` where it is used up */
function pay(connection: Connection, { rule, rate }: ChannelPolicy): void {
  if (!rate) return;
  connection.rates ??= new Map();
  const bucket = connection.rates.get(rule) ?? new TokenBucket(rate.publish, rate.burst);
  connection.rates.set(rule, bucket);
  if (!bucket.take()) {
    throw new Failure("rate_limited", "The channel's publish rate is used up.", { after: bucket.wait });
  }
}

/** A page of the channel's past. */
export const history: Handler = async (services, connection, payload, reply) => {
  const query = parse(requestSchemas.history, payload);
  const policy = services.rules.policyOf(query.channel);
  authorize("history", query.channel, policy, standingOf(connection, query.channel));
  reply(await services.history.read(query, policy));
};
