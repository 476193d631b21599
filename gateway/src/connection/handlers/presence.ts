/* The requests about who is there: `presence`, `away` and `back`. */

import { authorize, standingOf } from "../../channels/access.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Connection } from "../connection.ts";
import type { Handler } from "../request.ts";

/** A page of the channel's users. */
export const presence: Handler = async (services, connection, payload, reply) => {
  const { channel, limit, cursor } = parse(requestSchemas.presence, payload);
  authorize("presence", channel, services.rules.policyOf(channel), standingOf(connection, channel));
  reply({ ok: true, ...(await services.presence.page(channel, limit, cursor)) });
};

/** `away` and `back`. */
export function setAway(away: boolean): Handler {
  return async ({ joiner }, connection, payload, reply) => {
    parse(away ? requestSchemas.away : requestSchemas.back, payload);
    await joiner.setAway(connection, away);
    reply({ ok: true });
  };
}

/** A change of state costs one for each channel with presence, since it is published to each of them. */
export function changesToTell(away: boolean): (connection: Connection) => number {
  return (connection) => {
    if (connection.away === away) return 1;
    let told = 0;
    for (const { feed } of connection.held.values()) if (feed.policy.presence) told += 1;
    return Math.max(1, told);
  };
}
