/* The requests about who is there: `presence`, `away` and `back`. */

import { authorize, standingOf } from "../../channels/access.ts";
import { Json } from "../../protocol/json.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import { surcharges } from "../prices.ts";
import type { Handler } from "../request.ts";

/** A page of the channel's users. It is written here, since its price goes by its text. */
export const presence: Handler = async (services, connection, payload, reply) => {
  const { channel, limit, cursor } = parse(requestSchemas.presence, payload);
  authorize("presence", channel, services.rules.policyOf(channel), standingOf(connection, channel));
  const page = await services.presence.page(channel, limit, cursor);
  const text = JSON.stringify({ ok: true, ...page });
  const { page: users, answer } = surcharges;
  services.accounts.charge(connection, Math.max(users.units(page.users.length), answer.units(text.length)));
  reply(new Json(text));
};

/** `away` and `back`. */
export function setAway(away: boolean): Handler {
  return async ({ joiner }, connection, payload, reply) => {
    parse(away ? requestSchemas.away : requestSchemas.back, payload);
    await joiner.setAway(connection, away);
    reply({ ok: true });
  };
}
