/*
 * `GET` and `DELETE /v1/history`. The page is the text that the channels room made; only binary values have it parsed,
 * since JSON over HTTP has no attachments.
 */

import { z } from "zod";
import { inlineBinary } from "../protocol/binary.ts";
import type { Json } from "../protocol/json.ts";
import { since } from "../protocol/request-schemas.ts";
import { answers } from "./answers.ts";
import { channel, limit, position, writtenAs } from "./schemas.ts";
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
    .meta({ description: "Newest first; goes without `since`." }),
});

const message = z
  .object({
    channel,
    data: z.unknown().meta({ description: 'A binary value in it is `{"_binary": "<base64>"}`.' }),
    position: position.optional(),
    id: z.string().optional(),
    user: z.string().optional().meta({ description: "Absent where a backend published." }),
    time: z.number().meta({ description: "Unix milliseconds." }),
  })
  .meta({ id: "Message" });

/** Registered under its id, which is all that the answer's schema needs of it. */
z.object({
  position: position.meta({ description: "The channel's newest position." }),
  messages: z.array(message),
  more: z.literal(true).optional().meta({ description: "There are more: ask again from the last position." }),
}).meta({ id: "HistoryPage" });

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
        response: answers("A page of messages.", writtenAs("HistoryPage"), [
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
