/*
 * `publish`: who may, what it costs, and where the rule leaves it to a backend, what that says. The backend is asked
 * once everything else is clear.
 */

import { authorize, standingOf } from "../../channels/access.ts";
import { Failure } from "../../errors.ts";
import type { PublishAnswer } from "../../hooks/ports.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Handler, Question } from "../request.ts";

/** The rule decides, then the connection pays, then the message is made: who may not publish pays nothing. */
export const publish: Handler = async (services, connection, payload, reply, shape, answer) => {
  if (answer !== undefined) return publishAnswered(services, connection, payload, reply, shape, answer);
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

/** Where the rule says so, each publication is a question of its own. */
export const publishQuestion: Question = (services, connection, { payload, shape }) => {
  const { rules, accounts, publisher, backend } = services;
  const { channel, data, id: messageId } = parse(requestSchemas.publish, payload);
  const policy = rules.policyOf(channel);
  if (policy.publish !== "hook" || !backend) return undefined;
  accounts.takePublication(connection, policy);
  publisher.check({ channel, data, id: messageId, user: connection.user, except: [] }, shape);
  return () => backend.publish(connection, { channel, data, messageId });
};

/** Does what the backend says: publishes what the client sent, or something else, or nothing. */
const publishAnswered: Handler = async ({ rules, publisher }, connection, payload, reply, shape, answer) => {
  const said = answer as PublishAnswer;
  if (said === "skip") return reply({ ok: true, skipped: true });
  const { channel, data, id, echo = true } = parse(requestSchemas.publish, payload);
  const except = echo ? [] : [connection.id];
  const publication = { channel, data, id, user: connection.user, except };
  const position = await publisher.measure("client", () => {
    const policy = rules.policyOf(channel);
    if (said === "as it is") return publisher.send(publication, policy, shape);
    return byBackend(() =>
      publisher.send({ ...publication, data: said.data }, policy, publisher.shapeOf(said.data)),
    );
  });
  reply(position === undefined ? { ok: true } : { ok: true, position });
};

/** The client did nothing wrong where what the backend wants to publish is no message. */
function byBackend<T>(attempt: () => T): T {
  try {
    return attempt();
  } catch (cause) {
    throw new Failure("unavailable", undefined, { cause });
  }
}
