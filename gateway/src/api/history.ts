import { z } from "zod";
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

/** The reply without its `ok`, which HTTP says by the status. Only a page with binary values is parsed. */
function pageText({ text, attachments }: Json): string {
  const page = text.replace(/^\{"ok":true,/, "{");
  if (attachments.length === 0) return page;
  return JSON.stringify(
    JSON.parse(page, (_name, value: unknown) => {
      const attachment = attachments[placeOf(value)];
      return attachment ? { _binary: Buffer.from(attachment).toString("base64") } : value;
    }),
  );
}

/** Which attachment a placeholder stands for; -1 for everything else. Published data holds no forged ones. */
function placeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return -1;
  if (!("_placeholder" in value && "num" in value)) return -1;
  return value._placeholder === true && typeof value.num === "number" ? value.num : -1;
}
