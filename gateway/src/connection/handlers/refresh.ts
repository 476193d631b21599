/*
 * `refresh`: a session goes on with a newer token of the same user. Channels that the new token does not allow any
 * more end; the reply comes first, so that the client knows why.
 */

import { Failure } from "../../errors.ts";
import { parse } from "../../protocol/parse.ts";
import { requestSchemas } from "../../protocol/request-schemas.ts";
import type { Handler } from "../request.ts";

export const refresh: Handler = async ({ authenticator, lifecycle, joiner }, connection, payload, reply) => {
  const { token } = parse(requestSchemas.refresh, payload);
  const identity = await authenticator.verify(token);
  if (identity.subject.user !== connection.user) {
    throw new Failure("forbidden", "The token is another user's.");
  }
  lifecycle.renew(connection, identity);
  reply({ ok: true, expiresAt: identity.expiresAt });
  await joiner.recheck(connection);
};
