/* `GET /v1/presence`: the users in a channel, by pages. A backend may read every channel that has presence. */

import { z } from "zod";
import { presenceOf } from "../channels/access.ts";
import { presencePage } from "../protocol/answer-schemas.ts";
import { cursor } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { channel, limit } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const query = z.strictObject({
  channel,
  limit: limit.optional(),
  cursor: cursor.optional().meta({ description: "The page before's `cursor`." }),
});

export function presenceRoutes(api: Api, { presence, rules }: ApiServices): void {
  api.get(
    "/v1/presence",
    {
      schema: {
        operationId: "readPresence",
        tags: ["Channels"],
        summary: "Who is in a channel",
        querystring: query,
        response: answers("A page of users, in the order of their ids.", presencePage, [
          "unknown_channel",
          "not_found",
        ]),
      },
    },
    async ({ query: { channel, limit, cursor } }) => {
      presenceOf(rules.policyOf(channel));
      return presence.page(channel, limit, cursor);
    },
  );
}
