/*
 * `GET` and `DELETE /v1/history`. The page is the text that the channels room made; only binary values have it parsed,
 * since JSON over HTTP has no attachments.
 */

import { z } from "zod";
import { historyPage } from "../protocol/answer-schemas.ts";
import { inlineBinary } from "../protocol/binary.ts";
import type { Json } from "../protocol/json.ts";
import { since } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { channel, limit, writtenAs } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const query = z.strictObject({
  channel,
  since: since
    .optional()
    .meta({ description: "Only messages after this position; `start`, or absent, for the whole window." }),
  limit: limit.optional(),
  reverse: z
    .enum(["true", "false"])
    .optional()
    .transform((text) => text === "true")
    .meta({ description: "`true` or `false`. Newest first; goes without `since`." }),
});

export function historyRoutes(api: Api, { history, rules }: ApiServices): void {
  api.get(
    "/v1/history",
    {
      schema: {
        operationId: "readHistory",
        tags: ["Channels"],
        summary: "Read a channel's history",
        description:
          "A page has at most 300 messages and 256 KiB, and at least one message where there is one.",
        querystring: query,
        response: answers("A page of messages.", writtenAs(historyPage), [
          "unknown_channel",
          "not_found",
          "gap",
        ]),
      },
    },
    async ({ query }, reply) => {
      const page = await history.read(query, rules.policyOf(query.channel));
      return reply.type("application/json; charset=utf-8").send(pageText(page));
    },
  );
  api.delete(
    "/v1/history",
    {
      schema: {
        operationId: "clearHistory",
        tags: ["Channels"],
        summary: "Forget a channel's messages",
        description: "Epoch and offset go on. Who subscribes within a second may still be sent some.",
        querystring: z.strictObject({ channel }),
        response: answers("The history is empty.", z.object({}), ["unknown_channel", "not_found"]),
      },
    },
    async ({ query }) => {
      await history.clear(query.channel, rules.policyOf(query.channel));
      return {};
    },
  );
}

/** The reply without its `ok`, which HTTP says by the status. */
function pageText({ text, attachments }: Json): string {
  return inlineBinary(text.replace(/^\{"ok":true,/, "{"), attachments);
}
