import { authorize, standingOf } from "../../channels/access.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import { surcharges } from "../prices.ts";
import type { Handler } from "../request.ts";

/** A page of the channel's past. */
export const history: Handler = async (services, connection, payload, reply) => {
  const query = parse(requestSchemas.history, payload);
  const policy = services.rules.policyOf(query.channel);
  authorize("history", query.channel, policy, standingOf(connection, query.channel));
  const page = await services.history.read(query, policy);
  services.accounts.charge(connection, surcharges.answer.units(page.text.length));
  reply(page);
};
