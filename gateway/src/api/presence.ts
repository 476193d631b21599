/* `GET /v1/presence`: the users in a channel, by pages. A backend may read every channel that has presence. */

import { z } from "zod";
import { presenceOf } from "../channels/access.ts";
import { cursor } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { channel, count, limit, user } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const query = z.strictObject({
  channel,
  limit: limit.optional(),
  cursor: cursor.optional().meta({ description: "The page before's `cursor`." }),
});

const page = z
  .object({
    total: count.meta({ description: "Users in the channel, on all pages." }),
    users: z.array(
      z.object({
        user,
        info: z.unknown().optional().meta({ description: "The `info` of the user's token." }),
        state: z.enum(["online", "away"]),
        since: z.number().optional().meta({
          description:
            "Unix milliseconds when the last of the user's connections went away; only with `away`.",
        }),
        connections: count,
      }),
    ),
    cursor: z.string().optional().meta({ description: "Present while users remain." }),
  })
  .meta({ id: "PresencePage" });

export function presenceRoutes(api: Api, { presence, rules }: ApiServices): void {
  api.get(
    "/v1/presence",
    {
      schema: {
        operationId: "readPresence",
        tags: ["Channels"],
        summary: "Who is in a channel",
        querystring: query,
        response: answers("A page of users, in the order of their ids.", page, [
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
