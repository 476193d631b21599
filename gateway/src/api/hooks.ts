/*
 * `GET /v1/hooks`: what waits for the backends that are told, and what they refused. `GET /v1/users`: who is online, from
 * which a backend repairs what it has missed.
 */

import { z } from "zod";
import { count, milliseconds, user } from "../protocol/answer-schemas.ts";
import { cursor, pageLimit } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { limit } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const hookState = z
  .object({
    name: z.string(),
    state: z.enum(["taking", "failing"]).meta({
      description:
        "Whether the hook takes what this node tells it; a node that tells it nothing says `taking`.",
    }),
    waiting: count.meta({ description: "Events that all nodes together have to tell." }),
    bytes: count,
    oldest: milliseconds("Unix milliseconds of the oldest of them.").exactOptional(),
    lastError: z
      .object({ at: milliseconds("Unix milliseconds of the call."), cause: z.string() })
      .exactOptional()
      .meta({ description: "The last call of this node that failed." }),
    aside: z
      .array(
        z.object({
          at: milliseconds("Unix milliseconds of the refusal."),
          status: z.int(),
          event: z.unknown(),
        }),
      )
      .meta({ description: "The newest 1,000 events that the hook has refused, the newest first." }),
  })
  .meta({ id: "HookState" });

const hookList = z.object({ hooks: z.array(hookState) }).meta({ id: "HookList" });

const onlineUser = z
  .object({
    user,
    state: z.enum(["online", "away"]),
    since: milliseconds("Unix milliseconds since when it is away; with `away` alone.").exactOptional(),
    connections: count.meta({ description: "0 where the last has just ended." }),
  })
  .meta({ id: "OnlineUser" });

const userPage = z
  .object({
    users: z.array(onlineUser),
    cursor: z.string().exactOptional().meta({ description: "Present while users remain." }),
  })
  .meta({ id: "UserPage" });

const userQuery = z.strictObject({
  limit: limit.optional(),
  cursor: cursor.optional().meta({ description: "The page before's `cursor`." }),
});

export function hookRoutes(api: Api, { hooks, tidings, users }: ApiServices): void {
  api.get(
    "/v1/hooks",
    {
      schema: {
        operationId: "listHooks",
        tags: ["Hooks"],
        summary: "What waits for the hooks that are told",
        response: answers("The hooks that are told.", hookList),
      },
    },
    async () => ({
      hooks: await Promise.all(
        hooks().map(async (hook) => ({
          ...hook,
          ...(await tidings.state(hook.name)),
          aside: await tidings.aside(hook.name),
        })),
      ),
    }),
  );
  api.get(
    "/v1/users",
    {
      schema: {
        operationId: "listUsers",
        tags: ["Hooks"],
        summary: "Who is online",
        querystring: userQuery,
        response: answers(
          "Some users; none where no hook is told of users and there is no limit a user.",
          userPage,
        ),
      },
    },
    async ({ query: { limit = pageLimit.usual, cursor } }) => users.page(limit, cursor),
  );
}
