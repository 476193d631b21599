/* The requests that bring and read messages: `publish` and `history`. */

import { authorize, standingOf } from "../../channels/access.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import { surcharges } from "../prices.ts";
import type { Handler } from "../request.ts";

/** The rule decides, then the connection pays, then the message is made: who may not publish pays nothing. */
export const publish: Handler = async (services, connection, payload, reply, shape) => {
  const { rules, accounts, publisher } = services;
  const { channel, data, id, echo = true } = parse(requestSchemas.publish, payload);
  const position = await publisher.measure("client", () => {
    // Whoever talks in a channel mostly subscribes to it too, and then its policy is at hand.
    const policy = connection.held.get(channel)?.feed.policy ?? rules.policyOf(channel);
    authorize("publish", channel, policy, standingOf(connection, channel));
    accounts.takePublication(connection, policy);
    const except = echo ? [] : [connection.id];
    return publisher.send({ channel, data, id, user: connection.user, except }, policy, shape);
  });
  reply(position === undefined ? { ok: true } : { ok: true, position });
};

/** A page of the channel's past. */
export const history: Handler = async (services, connection, payload, reply) => {
  const query = parse(requestSchemas.history, payload);
  const policy = services.rules.policyOf(query.channel);
  authorize("history", query.channel, policy, standingOf(connection, query.channel));
  const page = await services.history.read(query, policy);
  services.accounts.charge(connection, surcharges.answer.units(page.text.length));
  reply(page);
};
